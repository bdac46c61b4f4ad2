#!/usr/bin/env python3
"""Measures what a long prompt does to streams and short completions beside it, and they to it.

    benchmarks/mixed_load.py [--model PATH] [--workers 2] [--threads 1] [--long-tokens 100000]
        [--seconds 180] [--streams 2] [--clients 8] [--launcher ./carovana] [--up-flag=...]

Starts a cluster of its own and measures, after a warm-up, how long a long prompt takes alone and what
rate of short completions (200 tokens of code, 32 new) is sustained with --clients of them always under
way beside --streams streams that never stop. Then four phases of --seconds or more: the streams; they
and long prompts, one after the other until the time is over and the last one has ended; the streams and
short completions, at half that rate, sent at planned times whatever the answers do; all three.

Times to the first token of short completions count from the planned time. What a stream receives in one
read, or within 0.5 ms of the read before, is one burst (guesses that held come together), and the time
between tokens is that between bursts. Prompts are cut from this repository's sources, no two beginning
alike.

Prints every phase and the ratios. The exit code is 1 if a request was lost, or KV pages were in use
at the end. Python's standard library and the benchmarks module; a quiet machine, please.
"""
import argparse
import os
import pathlib
import subprocess
import sys

from local_cluster import LocalCluster

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOM_FOR_OTHERS = 4096


def main():
    arguments = parse()
    flags = [
        "--workers", str(arguments.workers), "--threads", str(arguments.threads),
        "--context", str(arguments.long_tokens + ROOM_FOR_OTHERS), *arguments.up_flag]
    if arguments.model:
        flags += ["--model", os.path.abspath(arguments.model)]
    with LocalCluster(arguments.launcher, "mixed", *flags) as cluster:
        done = subprocess.run([
            ROOT / "benchmarks/java-main.sh", "io.carovana.benchmarks.load.MixedLoad", cluster.url,
            os.path.abspath(arguments.model or ROOT / "model/demo-model"), str(arguments.seconds),
            str(arguments.long_tokens), str(arguments.streams), str(arguments.clients),
            *sorted(ROOT.glob("*/src/*/java/**/*.java"))])
    sys.exit(done.returncode)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--launcher", default="./carovana")
    parser.add_argument("--model", help="a folder or GGUF; the demo model if absent")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="of each worker")
    parser.add_argument("--long-tokens", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=180, help="least length of a phase")
    parser.add_argument("--streams", type=int, default=2)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--up-flag", action="append", default=[], metavar="FLAG",
                        help="passed on to carovana up, such as --up-flag=--kv=q8")
    return parser.parse_args()


if __name__ == "__main__":
    main()
