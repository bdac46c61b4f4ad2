#!/usr/bin/env python3
"""Compares one process of N threads with a cluster of N one-thread workers on this machine.

    benchmarks/cluster_speed.py [--model PATH] [--prompt-tokens 512] [--new-tokens 128]
                                [--workers 2] [--rounds 3] [--launcher ./carovana]

Rounds alternate: `carovana bench --threads N`, then a streamed request of the same size to
`carovana up --workers N --threads 1`. Prints every round and the medians: prefill and decode in
tokens a second, and what share of a rank's step time was spent waiting in all-reduces. Python's
standard library only; a quiet machine, please.
"""
import argparse
import json
import random
import statistics
import sys
import time

from local_cluster import LocalCluster
from program import output


def main():
    arguments = parse()
    with Cluster(arguments) as cluster:
        cluster.measure(seed=0)
        rounds = []
        for number in range(arguments.rounds):
            one = bench(arguments)
            two = cluster.measure(seed=number + 1)
            rounds.append((one, two))
            print(f"round {number + 1}: one process {show(one)}; cluster {show(two)}", file=sys.stderr)
    median = lambda side, key: statistics.median(entry[side][key] for entry in rounds)
    result = {
        "workers": arguments.workers,
        "prompt_tokens": arguments.prompt_tokens,
        "new_tokens": arguments.new_tokens,
        "one_process": {key: round(median(0, key), 1) for key in ("prefill", "decode")},
        "cluster": {
            key: round(median(1, key), 3)
            for key in ("prefill", "decode", "prefill_wait_share", "decode_wait_share")
        },
        "ratio": {key: round(median(1, key) / median(0, key), 3) for key in ("prefill", "decode")},
    }
    print(json.dumps(result, indent=1))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--launcher", default="./carovana")
    parser.add_argument("--model", help="a folder or GGUF; the demo model if absent")
    parser.add_argument("--prompt-tokens", type=int, default=512)
    parser.add_argument("--new-tokens", type=int, default=128)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def show(figures):
    return " ".join(f"{key} {value:.3g}" for key, value in figures.items())


def model_flags(arguments):
    return ["--model", arguments.model] if arguments.model else []


def bench(arguments):
    command = [
        arguments.launcher, "bench", *(model_flags(arguments) or ["--model", "demo"]),
        "--prompt-tokens", str(arguments.prompt_tokens), "--new-tokens", str(arguments.new_tokens),
        "--threads", str(arguments.workers), "--output", "json",
    ]
    figures = json.loads(output(command))
    return {"prefill": figures["prefill_tokens_per_s"], "decode": figures["decode_tokens_per_s"]}


class Cluster(LocalCluster):
    def __init__(self, arguments):
        context = arguments.prompt_tokens + arguments.new_tokens + 32
        super().__init__(
            arguments.launcher, "speed", *model_flags(arguments), "--workers", str(arguments.workers),
            "--threads", "1", "--context", str(context), "--prefix-cache", "off", "--speculation", "off")
        self.arguments = arguments

    def ranks(self):
        """Sums over the ranks: seconds computed and seconds waited."""
        ranks = self.get("/admin/v1/status")["ranks"]
        return [sum(rank[key] for rank in ranks) for key in ("compute_seconds", "all_reduce_wait_seconds")]

    def settled(self):
        """The sums once no reports are outstanding."""
        before = None
        while (now := self.ranks()) != before:
            before = now
            time.sleep(1.5)
        return now

    def measure(self, seed):
        """Prefill alone first, then the same prompt again with all new tokens."""
        vocabulary = self.get("/admin/v1/placement")["model"]["vocab_size"]
        prompt = random.Random(seed).choices(range(3, vocabulary), k=self.arguments.prompt_tokens)
        start = self.settled()
        first = self.greedy(prompt, 1)
        middle = self.settled()
        again = self.greedy(prompt, self.arguments.new_tokens)
        end = self.settled()
        prefill = [after - before for before, after in zip(start, middle)]
        both = [after - before for before, after in zip(middle, end)]
        decode = [max(0.0, two - one) for one, two in zip(prefill, both)]
        return {
            "prefill": self.arguments.prompt_tokens / min(first["first_s"], again["first_s"]),
            "decode": (again["usage"]["completion_tokens"] - 1) / again["rest_s"],
            "prefill_wait_share": share(prefill),
            "decode_wait_share": share(decode),
        }

    def greedy(self, prompt, tokens):
        answer = self.stream(prompt=prompt, max_tokens=tokens, temperature=0)
        generated = answer["usage"]["completion_tokens"]
        if generated < tokens:
            print(f"the model ended after {generated} of {tokens} tokens", file=sys.stderr)
        return answer


def share(sums):
    computed, waited = sums
    return waited / (computed + waited) if computed + waited else 0.0


if __name__ == "__main__":
    main()
