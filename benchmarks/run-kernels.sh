#!/bin/sh
# Prints the kernels' roofline table.
#
#   benchmarks/run-kernels.sh [FORKS [SECONDS [BENCHMARKS]]]
#
# FORKS: JVMs per benchmark (3); SECONDS: length of each measurement (2); BENCHMARKS: a regular
# expression such as Matvec or Attention. Quiet machines only: every figure is wall-clock time of
# one thread.
set -eu
cd "$(dirname "$0")/.."
JDK_HOME=
# shellcheck source=cli/src/dist/libexec/jdk.sh
. cli/src/dist/libexec/jdk.sh
jdk_find javac || { echo "run-kernels.sh: no JDK 25 found; set CAROVANA_JAVA_HOME" >&2; exit 1; }
export JAVA_HOME="$JDK_HOME"
# A build without annotation processing (the launcher's) leaves classes that JMH cannot run.
[ -f benchmarks/target/classes/META-INF/BenchmarkList ] || rm -rf benchmarks/target/classes benchmarks/target/maven-status
./mvnw -q -pl benchmarks -am -DskipTests package dependency:build-classpath \
  -Dmdep.outputFile=target/classpath -Dmdep.includeScope=runtime
exec "$JAVA_HOME/bin/java" --add-modules jdk.incubator.vector \
  -cp "benchmarks/target/classes:$(cat benchmarks/target/classpath)" \
  io.carovana.benchmarks.kernels.KernelTable "$@"
