#!/bin/sh
# Prints what KV profiles and --quantize do to a model's answers on a text: perplexity, and how far
# log-probabilities are from those of the model as stored with its cache in f32.
#
#   benchmarks/profiles.sh MODEL WINDOW FILE...
#
# MODEL: a folder or GGUF file; WINDOW: tokens per window; FILE: text that the model has not seen.
set -eu
cd "$(dirname "$0")/.."
JDK_HOME=
# shellcheck source=cli/src/dist/libexec/jdk.sh
. cli/src/dist/libexec/jdk.sh
jdk_find javac || { echo "profiles.sh: no JDK 25 found; set CAROVANA_JAVA_HOME" >&2; exit 1; }
export JAVA_HOME="$JDK_HOME"
./mvnw -q -pl benchmarks -am -DskipTests package dependency:build-classpath \
  -Dmdep.outputFile=target/classpath -Dmdep.includeScope=runtime
exec "$JAVA_HOME/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -Xmx2g \
  -cp "benchmarks/target/classes:$(cat benchmarks/target/classpath)" \
  io.carovana.benchmarks.Profiles "$@"
