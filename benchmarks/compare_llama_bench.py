#!/usr/bin/env python3
"""Runs `carovana bench` and one or more `llama-bench` binaries in turn on the same GGUF.

    benchmarks/compare_llama_bench.py --llama-bench PATH [--llama-bench PATH ...] --model FILE.gguf
        [--prompt-tokens 512] [--new-tokens 64] [--threads 2] [--rounds 3]
        [--launcher ./carovana] [--bench-flag=...]

Each round measures prefill of the prompt and, from an (almost) empty context, decode of the new
tokens, first here, then with each peer. Prints every round, then medians, spread and our ratio to
each peer. Python's standard library only; a quiet machine, please.
"""
import argparse
import json
import statistics
import sys

from program import output

SHORT_PROMPT = 8


def main():
    arguments = parse()
    sides = {"carovana": ours}
    for path in arguments.llama_bench:
        sides[path] = lambda chosen, binary=path: peer(binary, chosen)
    figures = {side: {"prefill": [], "decode": []} for side in sides}
    for number in range(arguments.rounds):
        for side, measure in sides.items():
            for kind, value in measure(arguments).items():
                figures[side][kind].append(value)
                print(f"round {number + 1} {side} {kind} {value:.2f} tokens/s", file=sys.stderr)
    print(f"{arguments.model}, {arguments.threads} threads, prompt {arguments.prompt_tokens}, "
          f"new {arguments.new_tokens}, {arguments.rounds} rounds; tokens/s, median (min to max)")
    for kind in ("prefill", "decode"):
        if not figures["carovana"][kind]:
            continue
        own = statistics.median(figures["carovana"][kind])
        for side in sides:
            values = figures[side][kind]
            median = statistics.median(values)
            ratio = "" if side == "carovana" else f"   carovana is {own / median:.2f} of it"
            print(f"{kind:8} {median:9.2f} ({min(values):.2f} to {max(values):.2f})  {side}{ratio}")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--llama-bench", action="append", required=True, metavar="PATH")
    parser.add_argument("--model", required=True, help="a GGUF file")
    parser.add_argument("--prompt-tokens", type=int, default=512, help="0 leaves prefill out")
    parser.add_argument("--new-tokens", type=int, default=64, help="0 leaves decode out")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--launcher", default="./carovana")
    parser.add_argument("--bench-flag", action="append", default=[], metavar="FLAG",
                        help="passed on to carovana bench, such as --bench-flag=--kernels=scalar")
    parser.add_argument("--peer-flag", action="append", default=[], metavar="FLAG",
                        help="passed on to llama-bench, such as --peer-flag=-fa --peer-flag=1")
    return parser.parse_args()


def ours(arguments):
    def bench(prompt, new):
        return json.loads(output([
            arguments.launcher, "bench", "--model", arguments.model, "--prompt-tokens", str(prompt),
            "--new-tokens", str(new), "--threads", str(arguments.threads), "--output", "json",
            *arguments.bench_flag]))
    figures = {}
    if arguments.prompt_tokens:
        figures["prefill"] = bench(arguments.prompt_tokens, 2)["prefill_tokens_per_s"]
    if arguments.new_tokens:
        figures["decode"] = bench(SHORT_PROMPT, arguments.new_tokens)["decode_tokens_per_s"]
    return figures


def peer(binary, arguments):
    results = json.loads(output([
        binary, "-m", arguments.model, "-p", str(arguments.prompt_tokens), "-n",
        str(arguments.new_tokens), "-t", str(arguments.threads), "-r", "1", "-o", "json",
        *arguments.peer_flag]))
    return {
        "prefill" if result["n_prompt"] else "decode": result["avg_ts"] for result in results
    }


if __name__ == "__main__":
    main()
