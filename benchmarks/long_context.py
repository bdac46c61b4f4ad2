#!/usr/bin/env python3
"""Proves that a long prompt is right, and the same on every cluster: one command.

    benchmarks/long_context.py --tokens 100000 FILE... [--logits ORACLE.npy] [--write-ids IDS.json]
                               [--model demo] [--carovana cli/target/carovana/bin/carovana]

The prompt is bos and the first tokens of the files, concatenated. It is sent through REST to three
clusters in turn, each `carovana up` under a name of its own: one worker and chunks of 2048 tokens,
two and 256, three and 2048. Each is asked twice: for 16 tokens, then for one, which the prefix cache
makes quick and whose digest is that of the logits of the prompt's last position. Prints times,
resident memory at the end and at most (Linux), digests, and how far the five best log-probabilities
at the prompt's end are from the oracle's. Exits with 1 if anything differs between clusters, or is further than
2e-4 of the largest logit from the oracle.

The oracle's logits are what tools/fixtures/long_logits.py makes of the ids that --write-ids leaves
(it is all that is done then). All logits of the last position, not only the best, are compared by
LongPromptLogitsTest; the digest that it prints must be the one for one token here. Python's
standard library only.
"""
import argparse
import contextlib
import json
import math
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

CLUSTERS = ((1, 2048), (2, 256), (3, 2048))
NEW_TOKENS = 16
BEST = 5
BOS = 1
PROMISED = 2e-4


def main():
    arguments = parse()
    ids = prompt(arguments)
    if arguments.write_ids:
        pathlib.Path(arguments.write_ids).write_text(json.dumps(ids))
        print(f"{len(ids)} ids in {arguments.write_ids}")
        return
    answers = []
    for workers, chunk in CLUSTERS:
        print(f"{workers} worker{'s' * (workers > 1)}, chunks of {chunk}", flush=True)
        with cluster(arguments, workers, chunk, len(ids)) as (port, up):
            answers.append(ask(port, ids, NEW_TOKENS))
            answers.append(ask(port, ids, 1))
            print(f"  memory, MiB (at most): {memory(up)}", flush=True)
    seen = lambda part: {(answer["digest"], answer["text"], tuple(answer["best"])) for answer in part}
    same = len(seen(answers[::2])) == len(seen(answers[1::2])) == 1
    print("the same text and logits on all" if same else "TEXTS OR LOGITS DIFFER")
    near = not arguments.logits or compare(arguments.logits, answers[0]["best"])
    sys.exit(0 if same and near else 1)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--carovana", default="cli/target/carovana/bin/carovana")
    parser.add_argument("--model", default="demo")
    parser.add_argument("--kv", default="f32")
    parser.add_argument("--logits", help="the oracle's last logits, .npy")
    parser.add_argument("--write-ids")
    return parser.parse_args()


def prompt(arguments):
    """bos and the beginning of the files, exactly as many ids as asked for."""
    text = "".join(pathlib.Path(file).read_text() for file in arguments.files)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump([text], file)
        file.flush()
        command = [arguments.carovana, "tokenize", arguments.model, "--json", file.name]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    ids = [BOS, *json.loads(done.stdout)[0]]
    if len(ids) < arguments.tokens:
        sys.exit(f"the files have {len(ids)} tokens only: name more of them")
    return ids[:arguments.tokens]


@contextlib.contextmanager
def cluster(arguments, workers, chunk, tokens):
    """Port of the gateway and process of `up`, which ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        arguments.carovana, "up", "--name", f"long-{os.getpid()}", "--port", str(port), "--model", arguments.model,
        "--workers", str(workers), "--prefill-chunk", str(chunk), "--context", str(tokens + NEW_TOKENS),
        "--kv", arguments.kv,
    ]
    # No second cluster beside the one that is measured, which making AOT caches would be.
    environment = {**os.environ, "CAROVANA_AOT_CACHE": "off"}
    with tempfile.TemporaryFile("w+") as errors:
        up = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
        try:
            if not up.stdout.readline():
                errors.seek(0)
                sys.exit(f"{' '.join(command)} failed:\n{errors.read()}")
            yield port, up
        finally:
            up.send_signal(signal.SIGTERM)
            up.communicate()


def ask(port, ids, tokens):
    """Streams a greedy answer and prints what it took."""
    body = {
        "prompt": ids, "max_tokens": tokens, "temperature": 0, "stream": True, "logprobs": BEST,
        "return_logits_digest": True, "stream_options": {"include_usage": True},
    }
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})
    answer = {"text": "", "digest": None, "best": []}
    began = time.monotonic()
    first = usage = None
    with urllib.request.urlopen(request) as events:
        for line in events:
            if not line.startswith(b"data: {"):
                continue
            event = json.loads(line[len(b"data: "):])
            if "error" in event:
                sys.exit(f"the request failed: {event['error']}")
            usage = event.get("usage") or usage
            for choice in event["choices"]:
                first = first or time.monotonic() - began
                answer["text"] += choice["text"]
                answer["digest"] = choice.get("logits_digest") or answer["digest"]
                if not answer["best"] and (choice.get("logprobs") or {}).get("top_logprobs"):
                    answer["best"] = sorted(choice["logprobs"]["top_logprobs"][0].values(), reverse=True)
    if not answer["digest"]:
        sys.exit("the stream ended without a digest")
    cached = usage.get("prompt_tokens_details", {}).get("cached_tokens", 0)
    print(f"  {len(ids)} + {usage['completion_tokens']} tokens ({cached} from the cache): first after {first:.1f} s, "
          f"all after {time.monotonic() - began:.1f} s, digest {answer['digest']}", flush=True)
    return answer


def memory(up):
    """Resident memory of `up` and what it started, and the largest it ever was."""
    figures = []
    for entry in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else []):
        try:
            words = pathlib.Path(f"/proc/{entry}/cmdline").read_text().split("\0")
            status = dict(
                line.split(":", 1) for line in pathlib.Path(f"/proc/{entry}/status").read_text().splitlines())
        except OSError:
            continue  # it has ended
        if int(entry) == up.pid:
            name = "supervisor"
        elif int(status["PPid"]) == up.pid and "--node" in words:
            name = words[words.index("--node") + 1]
        else:
            continue
        now, most = (int(status[key].split()[0]) >> 10 for key in ("VmRSS", "VmHWM"))
        figures.append(f"{name} {now} ({most})")
    return ", ".join(sorted(figures))


def compare(path, best):
    """Whether the best log-probabilities are the oracle's."""
    logits = read_npy(path)
    largest = max(map(abs, logits))
    top = max(logits)
    total = top + math.log(sum(math.exp(logit - top) for logit in logits))
    expected = sorted((logit - total for logit in logits), reverse=True)
    apart = max(abs(one - other) for one, other in zip(best, expected)) / largest
    print(f"the {len(best)} best log-probabilities are within {apart:.1e} of the largest logit of the oracle's")
    return len(best) >= BEST and apart <= PROMISED


def read_npy(path):
    """The last row of an array of floats."""
    data = pathlib.Path(path).read_bytes()
    if data[:8] != b"\x93NUMPY\x01\x00":
        sys.exit(f"{path} is not an .npy file of version 1")
    (length,) = struct.unpack_from("<H", data, 8)
    header = data[10:10 + length].decode()
    kind = "f" if "'<f4'" in header else "d"
    row = int(header.split("'shape': (")[1].split(")")[0].strip(" ,").split(",")[-1])
    size = struct.calcsize(kind)
    return struct.unpack_from(f"<{row}{kind}", data, len(data) - row * size)


if __name__ == "__main__":
    main()
