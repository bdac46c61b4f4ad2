#!/usr/bin/env python3
"""Measures what prompts of several lengths cost, beside the roofline and `llama-bench` binaries.

    benchmarks/prefill_curve.py --model FILE.gguf --lengths 4096,16384 [--llama-bench PATH ...]
        [--threads 2] [--rounds 1] [--kv q8] [--products 360] [--attention 220] [--launcher ./carovana]
        [--peer-flag=...]

A prompt of n tokens costs n times the products with the weights, and attention, n * n / 2 pairs of
positions. The roofline takes both at the rates that the kernels reach alone on one thread, in GOP/s:
--products and --attention, as benchmarks/run-kernels.sh prints them for `prefill` of the weights' format
and for `attention` of the KV profile with 64 rows. Prints, for each length, seconds, tokens/s, what
part of the time the roofline has, and the ratio to each peer. Peers get flash attention and an 8-bit
KV cache (-fa 1 -ctk q8_0 -ctv q8_0) unless --peer-flag says otherwise. Python's standard library only;
a quiet machine, please.
"""
import argparse
import json
import statistics
import subprocess

from program import output

SHORT = 2
KV_FLAGS = ["-fa", "1", "-ctk", "q8_0", "-ctv", "q8_0"]


def main():
    arguments = parse()
    shape = Shape(arguments)
    print(f"{arguments.model}: {shape.layers} layers, {arguments.threads} threads, KV in {arguments.kv}; "
          f"roofline at {arguments.products:.0f} and {arguments.attention:.0f} GOP/s a thread")
    for length in arguments.lengths:
        sides = {"carovana": [], **{path: [] for path in arguments.llama_bench}}
        for _ in range(arguments.rounds):
            for side, seconds in sides.items():
                seconds.append(ours(arguments, length) if side == "carovana" else peer(arguments, side, length))
        own = statistics.median(sides["carovana"])
        products, attention = shape.roofline(arguments, length)
        print(f"{length:7} tokens: {own:8.1f} s, {length / own:7.1f} tokens/s; roofline {products:.1f} s of products + "
              f"{attention:.1f} s of attention, {(products + attention) / own:.0%} of it reached", flush=True)
        for path in arguments.llama_bench:
            theirs = statistics.median(sides[path])
            print(f"{'':15} {theirs:8.1f} s, {length / theirs:7.1f} tokens/s, ratio {theirs / own:.2f}: {path}", flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--launcher", default="./carovana")
    parser.add_argument("--model", required=True, help="a GGUF file")
    parser.add_argument("--lengths", required=True, type=lambda text: [int(part) for part in text.split(",")])
    parser.add_argument("--llama-bench", action="append", default=[], metavar="PATH")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--kv", default="q8", help="of the KV cache here")
    parser.add_argument("--products", type=float, default=360, help="GOP/s of one thread")
    parser.add_argument("--attention", type=float, default=220, help="GOP/s of one thread")
    parser.add_argument("--peer-flag", action="append", default=[], metavar="FLAG", help="instead of " + " ".join(KV_FLAGS))
    return parser.parse_args()


class Shape:
    """What a token and a pair of positions cost, from the model's shape."""

    def __init__(self, arguments):
        shape = json.loads(output([arguments.launcher, "model", "inspect", arguments.model, "--output", "json"]))["config"]
        self.layers = shape["layers"]
        width = shape["heads"] * shape["head_dim"]
        kv = shape["kv_heads"] * shape["head_dim"]
        self.token = 2 * self.layers * shape["hidden_size"] * (2 * width + 2 * kv + 3 * shape["ffn_size"])
        self.pair = 4 * self.layers * width

    def roofline(self, arguments, length):
        """Seconds of products and of attention."""
        return (self.token * length / arguments.products / arguments.threads / 1e9,
                self.pair * length * (length + 1) / 2 / arguments.attention / arguments.threads / 1e9)


def ours(arguments, length):
    figures = json.loads(output([
        arguments.launcher, "bench", "--model", arguments.model, "--prompt-tokens", str(length), "--new-tokens", str(SHORT),
        "--context", str(length + SHORT), "--threads", str(arguments.threads), "--kv", arguments.kv, "--output", "json"]))
    return length / figures["prefill_tokens_per_s"]


def peer(arguments, binary, length):
    results = json.loads(output([
        binary, "-m", arguments.model, "-p", str(length), "-n", "0", "-t", str(arguments.threads), "-r", "1", "-o", "json",
        *without_warmup(binary), *(arguments.peer_flag or KV_FLAGS)]))
    return length / results[0]["avg_ts"]


def without_warmup(binary):
    """The flags, which differ among forks, for not reading a long prompt twice."""
    help_text = subprocess.run([binary, "--help"], capture_output=True, text=True)
    return ["--no-warmup"] if "--no-warmup" in help_text.stdout + help_text.stderr else ["-w", "0"]


if __name__ == "__main__":
    main()
