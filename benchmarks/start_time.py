#!/usr/bin/env python3
"""Measures how long `carovana up` takes to the first streamed token.

    benchmarks/start_time.py [--runs 5] [--model PATH] [--workers 2] [--launcher ./carovana]

One run is not counted: it builds if that is needed, fills the page cache and waits while Carovana
makes its AOT caches (none with CAROVANA_AOT_CACHE=off). Each counted run starts `up` in the foreground, waits for the line that says where it
answers, streams a completion to its first token and stops everything. Prints for every run the
seconds to that line and to the token, and the processor seconds each process had taken by then;
then the medians. Python's standard library only; a quiet machine, please.
"""
import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

MOMENT_S = 3
TICKS = os.sysconf("SC_CLK_TCK")


def main():
    arguments = parse()
    run(arguments, until=await_cache)
    runs = []
    for number in range(arguments.runs):
        figures = run(arguments)
        runs.append(figures)
        print(f"run {number + 1}: {json.dumps(figures)}", file=sys.stderr)
    result = {
        key: round(statistics.median(figures[key] for figures in runs), 2)
        for key in ("serving_s", "first_token_s", "processor_s")
    }
    print(json.dumps({"runs": len(runs), **result}, indent=1))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--launcher", default="./carovana")
    parser.add_argument("--model", help="a folder or GGUF; the demo model if absent")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


def await_cache(name):
    """Until the instance has made caches, or given up; it begins within a moment or not at all."""
    home = os.environ.get("CAROVANA_HOME") or os.path.expanduser("~/.carovana")
    log = os.path.join(home, "run", name, "logs", "aot.log")
    time.sleep(MOMENT_S)
    while os.path.exists(log):
        with open(log) as file:
            last = file.readlines()[-1].strip()
        if "making" not in last:
            print(last, file=sys.stderr)
            return
        time.sleep(1)


def run(arguments, until=lambda name: None):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    name = f"start-{os.getpid()}"
    command = [
        arguments.launcher, "up", "--name", name, "--port", str(port),
        "--workers", str(arguments.workers),
    ] + (["--model", arguments.model] if arguments.model else [])
    began = time.monotonic()
    up = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        if not up.stdout.readline():
            sys.exit(f"{' '.join(command)} failed:\n{up.stderr.read()}")
        serving = time.monotonic() - began
        first_token(port)
        token = time.monotonic() - began
        processors = processor_seconds(up.pid)
        until(name)
    finally:
        up.send_signal(signal.SIGINT)
        up.communicate()
    return {
        "serving_s": round(serving, 2), "first_token_s": round(token, 2),
        "processor_s": round(sum(processors.values()), 2), "by_process": processors,
    }


def first_token(port):
    body = {"prompt": "class Point:\n    def __init__(self, x, y):", "max_tokens": 16, "stream": True}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/completions", json.dumps(body).encode(),
        {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as events:
        for line in events:
            if line.startswith(b"data: {") and json.loads(line[len(b"data: "):])["choices"]:
                return
    sys.exit("the stream ended without a token")


def processor_seconds(supervisor):
    """Of the supervisor and the processes it started, by the name of the node."""
    seconds = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            with open(f"/proc/{entry}/cmdline") as file:
                words = file.read().split("\0")
        except OSError:
            continue  # it has ended
        name = "supervisor" if int(entry) == supervisor else None
        if int(fields[1]) == supervisor and "--node" in words:
            name = words[words.index("--node") + 1]
        if name:
            seconds[name] = round((int(fields[11]) + int(fields[12])) / TICKS, 2)
    return seconds


if __name__ == "__main__":
    main()
