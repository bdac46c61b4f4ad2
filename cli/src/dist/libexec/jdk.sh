# shellcheck shell=sh
# Finds a JDK 25, or offers to download one. Sourced by ./carovana and bin/carovana.
#
# jdk_find NEEDED   sets JDK_HOME to a JDK 25 that has bin/NEEDED (java or javac); fails if there is none
# jdk_offer NEEDED  asks to download one and sets JDK_HOME; ends the script when that cannot be done

JDK_FEATURE=25
JDK_RELEASE=25.0.4.1+1
JDK_SITE=https://github.com/adoptium/temurin25-binaries/releases/download

jdk_say() {
  printf '%s\n' "$*" >&2
}

# jdk_is_25 HOME NEEDED: is this a JDK of the right version, with the tool we need?
jdk_is_25() {
  [ -n "$1" ] && [ -x "$1/bin/java" ] && [ -x "$1/bin/$2" ] || return 1
  if [ -r "$1/release" ]; then
    jdk_version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release")
  else
    jdk_version=$("$1/bin/java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
  fi
  [ "$jdk_version" = "$JDK_FEATURE" ]
}

# The home of the java in PATH, whatever links lead to it.
jdk_of_path() {
  command -v java >/dev/null 2>&1 || return 0
  java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p'
}

# Every place worth looking at, one per line, best first.
jdk_candidates() {
  printf '%s\n' "${JAVA_HOME-}"
  jdk_of_path
  for jdk_dir in /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /opt/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "${HOME-}"/Library/Java/JavaVirtualMachines/*/Contents/Home; do
    printf '%s\n' "$jdk_dir"
  done
  if [ -x /usr/libexec/java_home ]; then
    /usr/libexec/java_home -v "$JDK_FEATURE" 2>/dev/null || :
  fi
  for jdk_dir in "${SDKMAN_DIR:-${HOME-}/.sdkman}"/candidates/java/* \
    "${HOME-}"/.jdks/* "${HOME-}"/.jdks/*/Contents/Home \
    /opt/homebrew/opt/openjdk@"$JDK_FEATURE"/libexec/openjdk.jdk/Contents/Home \
    /opt/homebrew/opt/openjdk/libexec/openjdk.jdk/Contents/Home \
    /usr/local/opt/openjdk@"$JDK_FEATURE"/libexec/openjdk.jdk/Contents/Home \
    /usr/local/opt/openjdk/libexec/openjdk.jdk/Contents/Home \
    /home/linuxbrew/.linuxbrew/opt/openjdk@"$JDK_FEATURE"/libexec \
    /home/linuxbrew/.linuxbrew/opt/openjdk/libexec \
    "${CAROVANA_HOME:-${HOME-}/.carovana}"/jdk/* \
    "${CAROVANA_HOME:-${HOME-}/.carovana}"/jdk/*/Contents/Home; do
    printf '%s\n' "$jdk_dir"
  done
}

jdk_find() {
  JDK_HOME=
  if [ -n "${CAROVANA_JAVA_HOME-}" ]; then
    if ! jdk_is_25 "$CAROVANA_JAVA_HOME" "$1"; then
      jdk_say "carovana: CAROVANA_JAVA_HOME is $CAROVANA_JAVA_HOME, which is not a JDK $JDK_FEATURE (bin/$1 is needed)."
      jdk_say "Point it at a JDK $JDK_FEATURE, or unset it to have one looked for."
      exit 2
    fi
    JDK_HOME=$CAROVANA_JAVA_HOME
    return 0
  fi
  jdk_list=$(jdk_candidates)
  jdk_ifs=$IFS
  IFS='
'
  set -f
  for jdk_dir in $jdk_list; do
    if jdk_is_25 "$jdk_dir" "$1"; then
      JDK_HOME=$jdk_dir
      break
    fi
  done
  set +f
  IFS=$jdk_ifs
  [ -n "$JDK_HOME" ]
}

# The pinned archive for this machine: sets JDK_ARCHIVE and JDK_SHA256; fails where none is pinned.
jdk_pin() {
  case "$(uname -s)/$(uname -m)" in
  Linux/x86_64 | Linux/amd64)
    jdk_platform=x64_linux
    JDK_SHA256=dbb698396d478e7fa2b1e50f4103324b2a99b90569ee27c33f2261f9215cf41e
    ;;
  Linux/aarch64 | Linux/arm64)
    jdk_platform=aarch64_linux
    JDK_SHA256=69df11a02cfa3ef7d7ca645e03edce6778ec090e100f6ae2b42097865730ac52
    ;;
  Darwin/x86_64)
    jdk_platform=x64_mac
    JDK_SHA256=e6229d9504f7922053ab31821b9e6bee8761daf7b026a3476d1a027563009880
    ;;
  Darwin/arm64)
    jdk_platform=aarch64_mac
    JDK_SHA256=61979887f7506a24a57439ff99adb8b3a7fc89977d9cfe3b8984f58a981b7b9d
    ;;
  *) return 1 ;;
  esac
  # These archives are linked against glibc.
  for jdk_musl in /lib/ld-musl-*; do
    [ ! -e "$jdk_musl" ] || return 1
  done
  JDK_ARCHIVE=OpenJDK${JDK_FEATURE}U-jdk_${jdk_platform}_hotspot_$(printf '%s' "$JDK_RELEASE" | tr + _).tar.gz
}

jdk_sha256() {
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif command -v shasum >/dev/null 2>&1; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  else
    openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1
  fi
}

jdk_fetch() {
  if command -v curl >/dev/null 2>&1; then
    curl --fail --location --progress-bar --output "$2" "$1"
  else
    wget -O "$2" "$1"
  fi
}

# Says what to install, and ends.
jdk_advise() {
  jdk_say "carovana: no JDK $JDK_FEATURE found. Install one and run this again:"
  case "$(uname -s)" in
  Darwin) jdk_say "  brew install openjdk@$JDK_FEATURE      (or the .pkg from https://adoptium.net/temurin/releases/?version=$JDK_FEATURE)" ;;
  *)
    jdk_say "  Debian, Ubuntu   apt-get install openjdk-$JDK_FEATURE-jdk-headless"
    jdk_say "  Fedora, RHEL     dnf install java-$JDK_FEATURE-openjdk-devel"
    jdk_say "  Alpine           apk add openjdk$JDK_FEATURE"
    jdk_say "  anywhere         https://adoptium.net/temurin/releases/?version=$JDK_FEATURE"
    ;;
  esac
  jdk_say "If it is in an unusual place, set CAROVANA_JAVA_HOME to it."
  exit 1
}

# Downloads the pinned archive, verifies it and unpacks it; sets JDK_HOME.
jdk_download() {
  jdk_parent=${CAROVANA_HOME:-$HOME/.carovana}/jdk
  mkdir -p "$jdk_parent"
  jdk_work=$(mktemp -d "$jdk_parent/.download.XXXXXX")
  trap 'rm -rf "$jdk_work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  jdk_url=$JDK_SITE/jdk-$(printf '%s' "$JDK_RELEASE" | sed 's/+/%2B/')/$JDK_ARCHIVE
  jdk_say "Downloading $jdk_url"
  if ! jdk_fetch "$jdk_url" "$jdk_work/jdk.tar.gz"; then
    jdk_say "carovana: the download failed. Behind a proxy, set https_proxy."
    exit 1
  fi
  jdk_sum=$(jdk_sha256 "$jdk_work/jdk.tar.gz")
  if [ "$jdk_sum" != "$JDK_SHA256" ]; then
    jdk_say "carovana: the checksum of the download is $jdk_sum, expected $JDK_SHA256; it was thrown away."
    exit 1
  fi
  mkdir "$jdk_work/unpacked"
  tar -xzf "$jdk_work/jdk.tar.gz" -C "$jdk_work/unpacked"
  for jdk_dir in "$jdk_work"/unpacked/*; do
    rm -rf "${jdk_parent:?}/${jdk_dir##*/}"
    mv "$jdk_dir" "$jdk_parent/"
    JDK_HOME=$jdk_parent/${jdk_dir##*/}
  done
  [ ! -d "$JDK_HOME/Contents/Home" ] || JDK_HOME=$JDK_HOME/Contents/Home
  rm -rf "$jdk_work"
  trap - EXIT INT TERM
}

jdk_offer() {
  jdk_pin || jdk_advise
  command -v curl >/dev/null 2>&1 || command -v wget >/dev/null 2>&1 || jdk_advise
  if [ "${CAROVANA_DOWNLOAD_JDK-}" != yes ]; then
    if ! { [ -t 0 ] && [ -t 2 ]; }; then
      jdk_say "carovana: no terminal to ask for a download of a JDK (CAROVANA_DOWNLOAD_JDK=yes agrees beforehand)."
      jdk_advise
    fi
    jdk_say "No JDK $JDK_FEATURE found. Download Eclipse Temurin $JDK_RELEASE (about 135 MB) into ${CAROVANA_HOME:-$HOME/.carovana}/jdk?"
    printf '[Y/n] ' >&2
    read -r jdk_answer || jdk_answer=n
    case "$jdk_answer" in
    '' | y | Y | yes | Yes) ;;
    *) jdk_advise ;;
    esac
  fi
  jdk_download
  if ! jdk_is_25 "$JDK_HOME" "$1"; then
    jdk_say "carovana: $JDK_HOME does not run here."
    jdk_advise
  fi
}
