package io.carovana.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shell scripts, run with a made-up clone, JDKs and Maven. */
class LauncherTest {
  private static final Path ROOT = Path.of(System.getProperty("carovana.root"));
  private static final String JDK_SH = "cli/src/dist/libexec/jdk.sh";

  /** Writes down how it was called, and builds a command that does the same. */
  private static final String MAVEN =
      """
      #!/bin/sh
      echo "$@" >> maven.calls
      [ ! -e broken ] || { echo 'compiler says no'; exit 1; }
      mkdir -p cli/target/carovana/bin
      printf '#!/bin/sh\\necho "ran $*"\\n' > cli/target/carovana/bin/carovana
      chmod +x cli/target/carovana/bin/carovana
      """;

  @TempDir Path folder;
  private Path clone;
  private final Map<String, String> environment = new HashMap<>();

  private record Outcome(int exit, String out, String err) {}

  @BeforeEach
  void makeClone() throws IOException {
    clone = folder.resolve("clone");
    Files.createDirectories(clone.resolve(JDK_SH).getParent());
    Files.copy(ROOT.resolve("carovana"), clone.resolve("carovana"));
    Files.copy(ROOT.resolve(JDK_SH), clone.resolve(JDK_SH));
    script(clone.resolve("mvnw"), MAVEN);
    for (String module :
        List.of("model", "protocol", "transport", "worker", "coordinator", "gateway", "cli")) {
      Files.createDirectories(clone.resolve(module).resolve("src/main"));
      Files.createFile(clone.resolve(module).resolve("pom.xml"));
    }
    Files.createDirectories(clone.resolve("model/demo-model"));
    Files.createDirectories(clone.resolve("configs"));
    Files.createDirectories(clone.resolve(".mvn"));
    Files.createFile(clone.resolve("pom.xml"));
    environment.put("PATH", "/usr/bin:/bin");
    environment.put("HOME", folder.resolve("home").toString());
    environment.put("CAROVANA_JAVA_HOME", jdk("jdk-25", "25.0.1").toString());
  }

  @Test
  void startsJvmsWithTheFlagsTheTestsRunWith() throws IOException {
    String launcher = Files.readString(ROOT.resolve("cli/src/dist/bin/carovana"));
    String flags = variable(launcher, "vector_flags") + " " + variable(launcher, "jvm_flags");
    assertThat(Arrays.asList(flags.split(" ")))
        .isEqualTo(Arrays.asList(System.getProperty("carovana.jvm.flags").split(" ")));
  }

  @Test
  void buildsOnceAndAgainWhenASourceChanged() throws Exception {
    Outcome first = carovana("version");
    assertThat(first.exit()).as(first.err()).isZero();
    assertThat(first.out()).isEqualTo("ran version\n");
    assertThat(first.err()).contains("Building Carovana").contains("build.log");

    Outcome second = carovana("generate", "--prompt", "a b");
    assertThat(second.out()).isEqualTo("ran generate --prompt a b\n");
    assertThat(second.err()).isEmpty();

    Path source = Files.createFile(clone.resolve("worker/src/main/New.java"));
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(5)));
    assertThat(carovana("generate").err()).contains("Building");
    // Nothing is rebuilt to ask a running cluster something.
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(60)));
    assertThat(carovana("status").err()).isEmpty();
    assertThat(mavenCalls()).hasSize(2).allMatch(call -> call.contains("-DskipTests"));
  }

  @Test
  void aBuildThatFailsShowsItsEndAndKeepsWhatWasThere() throws Exception {
    carovana("version");
    Path source = Files.createFile(clone.resolve("broken"));
    Files.setLastModifiedTime(
        clone.resolve("pom.xml"), FileTime.from(Instant.now().plusSeconds(5)));
    Outcome failed = carovana("generate");
    assertThat(failed.exit()).isEqualTo(1);
    assertThat(failed.err()).contains("compiler says no").contains("build.log");
    assertThat(failed.out()).isEmpty();
    assertThat(clone.resolve("cli/target/carovana/bin/carovana")).exists();
    Files.delete(source);
    assertThat(carovana("generate").out()).isEqualTo("ran generate\n");
  }

  /**
   * Whoever runs the tests may be allowed everything, so what is in the way are not permissions.
   */
  @Test
  void aCloneThatCannotBeWrittenIsNotWaitedFor() throws Exception {
    Path target = Files.createFile(clone.resolve("target"));
    Outcome noFolder = carovana("version");
    assertThat(noFolder.exit()).isEqualTo(1);
    assertThat(noFolder.err()).contains(clone + " cannot be written: mkdir");

    Files.delete(target);
    Files.createDirectory(target);
    Files.createSymbolicLink(target.resolve("build.lock"), folder.resolve("nowhere"));
    Outcome noLock = carovana("version");
    assertThat(noLock.exit()).isEqualTo(1);
    assertThat(noLock.err())
        .contains(clone + " cannot be written: mkdir")
        .doesNotContain("waiting");
  }

  @Test
  void proxiesReachMavenAndNeverCoverLoopback() throws Exception {
    environment.put("https_proxy", "http://ann:secret@proxy.example:3128/");
    environment.put("no_proxy", ".corp,10.1.2.3");
    carovana("version");
    assertThat(mavenCalls().getFirst())
        .contains("-Dhttps.proxyHost=proxy.example -Dhttps.proxyPort=3128")
        .contains("-Dhttps.proxyUser=ann -Dhttps.proxyPassword=secret")
        .contains("-Dhttp.nonProxyHosts=localhost|127.*|[::1]|*.corp|10.1.2.3");
  }

  @Test
  void findsTheRightJdkAmongOthers() throws Exception {
    Path wanted = jdk("home/.jdks/temurin-25", "25.0.4");
    environment.remove("CAROVANA_JAVA_HOME");
    environment.put("JAVA_HOME", jdk("home/.jdks/a-17", "17.0.2").toString());
    Outcome found =
        shell(
            "jdk_candidates() { for d in $JAVA_HOME $HOME/.jdks/*; do echo $d; done; }\n"
                + "jdk_find javac && echo \"$JDK_HOME\"");
    assertThat(found.out().strip()).isEqualTo(wanted.toString());
  }

  @Test
  void aVariableThatNamesAnotherJdkIsRefused() throws Exception {
    environment.put("CAROVANA_JAVA_HOME", jdk("old", "17.0.2").toString());
    Outcome refused = shell("jdk_find javac");
    assertThat(refused.exit()).isEqualTo(2);
    assertThat(refused.err()).contains("CAROVANA_JAVA_HOME");
  }

  @Test
  void withoutATerminalItSaysWhatToInstall() throws Exception {
    Outcome advice = shell("jdk_offer javac");
    assertThat(advice.exit()).isEqualTo(1);
    assertThat(advice.err()).contains("no terminal").contains("CAROVANA_JAVA_HOME").contains("25");
  }

  @Test
  void aDownloadWithAnotherChecksumIsThrownAway() throws Exception {
    Outcome refused = download("0000");
    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.err()).contains("checksum").contains("expected 0000");
    assertThat(folder.resolve("home/.carovana/jdk")).isEmptyDirectory();
  }

  @Test
  void aDownloadWithItsChecksumIsUnpacked() throws Exception {
    Outcome done = download("$(jdk_sha256 \"$PACKED\")");
    assertThat(done.exit()).as(done.err()).isZero();
    Path home = folder.resolve("home/.carovana/jdk/jdk-25.0.4.1+1");
    assertThat(done.out().strip()).isEqualTo(home.toString());
    assertThat(home.resolve("bin/java")).isExecutable();
  }

  /** With an archive made here, and a fetch that copies it. */
  private Outcome download(String checksum) throws Exception {
    jdk("pack/jdk-25.0.4.1+1", "25.0.4.1");
    String archive = folder.resolve("jdk.tar.gz").toString();
    environment.put("PACKED", archive);
    environment.remove("CAROVANA_JAVA_HOME");
    environment.put("CAROVANA_DOWNLOAD_JDK", "yes");
    Process tar =
        new ProcessBuilder(
                "tar", "-czf", archive, "-C", "" + folder.resolve("pack"), "jdk-25.0.4.1+1")
            .start();
    assertThat(tar.waitFor()).isZero();
    return shell(
        "jdk_fetch() { cp \"$PACKED\" \"$2\"; }\n"
            + "jdk_pin() { JDK_ARCHIVE=x.tar.gz; JDK_SHA256="
            + checksum
            + "; }\n"
            + "jdk_offer java && echo \"$JDK_HOME\"");
  }

  private Path jdk(String name, String version) throws IOException {
    Path home = folder.resolve(name);
    Files.createDirectories(home.resolve("bin"));
    for (String tool : List.of("java", "javac")) {
      if (!Files.exists(home.resolve("bin").resolve(tool))) {
        script(home.resolve("bin").resolve(tool), "#!/bin/sh\nexit 0\n");
      }
    }
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    return home;
  }

  private static void script(Path file, String text) throws IOException {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private List<String> mavenCalls() throws IOException {
    return Files.readAllLines(clone.resolve("maven.calls"));
  }

  private Outcome carovana(String... arguments) throws Exception {
    String[] command = new String[arguments.length + 1];
    command[0] = clone.resolve("carovana").toString();
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    return run(command);
  }

  /** Runs {@code lines} after jdk.sh, in the strictest shell there is. */
  private Outcome shell(String lines) throws Exception {
    String shell = Files.isExecutable(Path.of("/bin/dash")) ? "/bin/dash" : "/bin/sh";
    return run(shell, "-euc", ". " + clone.resolve(JDK_SH) + "\n" + lines);
  }

  private Outcome run(String... command) throws Exception {
    Path out = Files.createTempFile(folder, "out", "");
    Path err = Files.createTempFile(folder, "err", "");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    int exit = builder.start().waitFor();
    return new Outcome(exit, Files.readString(out), Files.readString(err));
  }

  private static String variable(String script, String name) {
    Matcher matcher = Pattern.compile("(?m)^" + name + "='([^']*)'$").matcher(script);
    assertThat(matcher.find()).as(name).isTrue();
    return matcher.group(1);
  }
}
