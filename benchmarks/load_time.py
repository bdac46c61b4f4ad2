#!/usr/bin/env python3
"""Compares loading a model with reading its file, both with a cold page cache.

    benchmarks/load_time.py --model FILE.gguf [--runs 3] [--threads 2] [--launcher ./carovana]

Each run drops the file from the page cache and reads it in one piece, drops it again and lets
`carovana bench` load it. Prints every run, then the medians and their ratio. Linux only (dropping
needs posix_fadvise); a host below a virtual machine may keep the file in a cache of its own, which
the time of the read shows. Python's standard library only; a quiet machine, please.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

READ_BYTES = 8 << 20


def main():
    arguments = parse()
    runs = []
    for number in range(arguments.runs):
        drop(arguments.model)
        read = read_time(arguments.model)
        drop(arguments.model)
        load, peak = load_time(arguments)
        runs.append((read, load))
        print(
            f"run {number + 1}: read {read:.2f} s, loaded {load:.2f} s, peak {peak} MiB", file=sys.stderr)
    read, load = (statistics.median(run[side] for run in runs) for side in (0, 1))
    print(json.dumps({"read_s": round(read, 2), "load_s": round(load, 2), "ratio": round(load / read, 2)}))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--launcher", default="./carovana")
    parser.add_argument("--model", required=True, help="a GGUF file")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def drop(path):
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read_time(path):
    buffer = bytearray(READ_BYTES)
    began = time.monotonic()
    with open(path, "rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
    return time.monotonic() - began


def load_time(arguments):
    command = [
        arguments.launcher, "bench", "--model", arguments.model, "--prompt-tokens", "1",
        "--new-tokens", "2", "--context", "512", "--threads", str(arguments.threads), "--output", "json",
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    figures = json.loads(done.stdout)
    return figures["load_s"], figures["peak_rss_mb"]


if __name__ == "__main__":
    main()
