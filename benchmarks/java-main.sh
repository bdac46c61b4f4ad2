#!/bin/sh
# Builds this module and runs a main class of it: benchmarks/java-main.sh CLASS [ARGUMENT...]
set -eu
cd "$(dirname "$0")/.."
JDK_HOME=
# shellcheck source=cli/src/dist/libexec/jdk.sh
. cli/src/dist/libexec/jdk.sh
jdk_find javac || { echo "java-main.sh: no JDK 25 found; set CAROVANA_JAVA_HOME" >&2; exit 1; }
export JAVA_HOME="$JDK_HOME"
./mvnw -q -pl benchmarks -am -DskipTests package dependency:build-classpath \
  -Dmdep.outputFile=target/classpath -Dmdep.includeScope=runtime
exec "$JAVA_HOME/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -Xmx2g \
  -cp "benchmarks/target/classes:$(cat benchmarks/target/classpath)" "$@"
