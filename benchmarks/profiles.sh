#!/bin/sh
# Prints what KV profiles and --quantize do to a model's answers on a text: perplexity, and how far
# log-probabilities are from those of the model as stored with its cache in f32.
#
#   benchmarks/profiles.sh MODEL WINDOW FILE...
#
# MODEL: a folder or GGUF file; WINDOW: tokens per window; FILE: text that the model has not seen.
exec "$(dirname "$0")/java-main.sh" io.carovana.benchmarks.Profiles "$@"
