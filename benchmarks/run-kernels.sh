#!/bin/sh
# Prints the kernels' roofline table.
#
#   benchmarks/run-kernels.sh [FORKS [SECONDS [BENCHMARKS]]]
#
# FORKS: JVMs per benchmark (3); SECONDS: length of each measurement (2); BENCHMARKS: a regular
# expression such as Matvec or Attention. Quiet machines only: every figure is wall-clock time of
# one thread. Needs JDK 25 in CAROVANA_JAVA_HOME, JAVA_HOME or PATH.
set -eu
cd "$(dirname "$0")/.."
java="${CAROVANA_JAVA_HOME:-${JAVA_HOME:-}}"
java="${java:+$java/bin/}java"
case "$("$java" -version 2>&1)" in
  *'"25'*) ;;
  *) echo "run-kernels.sh: $java is not JDK 25; set CAROVANA_JAVA_HOME" >&2; exit 1 ;;
esac
./mvnw -q -pl benchmarks -am -DskipTests compile dependency:build-classpath \
  -Dmdep.outputFile=target/classpath -Dmdep.includeScope=runtime
exec "$java" --add-modules jdk.incubator.vector \
  -cp "benchmarks/target/classes:$(cat benchmarks/target/classpath)" \
  io.carovana.benchmarks.kernels.KernelTable "$@"
