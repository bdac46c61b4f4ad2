#!/usr/bin/env python3
"""Proves that a long prompt is right, and the same on every cluster: one command.

    benchmarks/long_context.py --tokens 100000 FILE... [--logits ORACLE.npy] [--write-ids IDS.json]
                               [--model demo] [--launcher ./carovana]

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
import json
import math
import pathlib
import struct
import sys
import tempfile

from local_cluster import LocalCluster
from program import output

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
        with cluster(arguments, workers, chunk, len(ids)) as asked:
            answers.append(ask(asked, ids, NEW_TOKENS))
            answers.append(ask(asked, ids, 1))
            memory = ", ".join(f"{name} {now} ({most})" for name, (now, most) in sorted(asked.memory().items()))
            print(f"  memory, MiB (at most): {memory}", flush=True)
    seen = lambda part: {(answer["digest"], answer["text"], tuple(answer["best"])) for answer in part}
    same = len(seen(answers[::2])) == len(seen(answers[1::2])) == 1
    print("the same text and logits on all" if same else "TEXTS OR LOGITS DIFFER")
    near = not arguments.logits or compare(arguments.logits, answers[0]["best"])
    sys.exit(0 if same and near else 1)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--launcher", default="./carovana")
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
        command = [arguments.launcher, "tokenize", arguments.model, "--json", file.name]
        ids = [BOS, *json.loads(output(command))[0]]
    if len(ids) < arguments.tokens:
        sys.exit(f"the files have {len(ids)} tokens only: name more of them")
    return ids[:arguments.tokens]


def cluster(arguments, workers, chunk, tokens):
    return LocalCluster(
        arguments.launcher, "long", "--model", arguments.model, "--workers", str(workers),
        "--prefill-chunk", str(chunk), "--context", str(tokens + NEW_TOKENS), "--kv", arguments.kv)


def ask(asked, ids, tokens):
    """Streams a greedy answer and prints what it took."""
    answer = asked.stream(
        prompt=ids, max_tokens=tokens, temperature=0, logprobs=BEST, return_logits_digest=True)
    if not answer["digest"]:
        sys.exit("the stream ended without a digest")
    usage = answer["usage"]
    cached = usage.get("prompt_tokens_details", {}).get("cached_tokens", 0)
    print(f"  {len(ids)} + {usage['completion_tokens']} tokens ({cached} from the cache): "
          f"first after {answer['first_s']:.1f} s, all after {answer['first_s'] + answer['rest_s']:.1f} s, "
          f"digest {answer['digest']}", flush=True)
    return answer


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
