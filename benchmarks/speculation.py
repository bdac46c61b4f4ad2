#!/usr/bin/env python3
"""Measures what `--speculation on` gains on edits, costs elsewhere, and that it changes no answer.

    benchmarks/speculation.py [--model PATH] [--workers 2] [--threads 1] [--new-tokens 256]
                              [--rounds 3] [--launcher ./carovana] [--up-flag=...]

Two clusters alike but for --speculation are up and asked in turn, each idle while the other answers.
Inputs: "edit", a source file and the beginning of its second copy with one name replaced; "other", the
beginning of a source file, to be continued at temperature 1. Everything is asked once before it
counts, so prompts come from the prefix cache and the time is that of decoding. Prints tokens a second
after the first token (medians over rounds), the ratio, and what became of the guesses. The exit code is
1 if a text, or a digest over all logits, differs. Python's standard library only; a quiet machine.
"""
import argparse
import pathlib
import re
import statistics
import sys

from local_cluster import LocalCluster

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILES = [
    "coordinator/src/main/java/io/carovana/coordinator/schedule/StepCosts.java",
    "coordinator/src/main/java/io/carovana/coordinator/schedule/Guesser.java",
    "gateway/src/main/java/io/carovana/gateway/text/StopMatcher.java",
    "cli/src/main/java/io/carovana/cli/config/Nearest.java",
]
HEAD_LINES = 20
OTHER_CHARACTERS = 600


def main():
    arguments = parse()
    inputs = list(edits()) + list(others())
    same = True
    with cluster(arguments, "on") as on, cluster(arguments, "off") as off:
        for kind in ("edit", "other"):
            sides = {"on": on, "off": off}
            rates = {side: [] for side in sides}
            held = guessed = tokens = 0
            for number in range(arguments.rounds + 1):
                answers = {side: [] for side in sides}
                for body in (body for name, body in inputs if name == kind):
                    # The side that goes first alternates.
                    for side in sorted(sides, reverse=number % 2 == 0):
                        answers[side].append(sides[side].stream(
                            **body, max_tokens=arguments.new_tokens, return_logits_digest=True))
                same &= equal(kind, answers)
                if number == 0:
                    continue
                for side in sides:
                    rates[side].append(rate(answers[side]))
                for answer in answers["on"]:
                    details = answer["usage"]["completion_tokens_details"]
                    held += details["accepted_prediction_tokens"]
                    guessed += details["accepted_prediction_tokens"] + details["rejected_prediction_tokens"]
                    tokens += answer["usage"]["completion_tokens"]
                print(f"round {number}, {kind}: on {rates['on'][-1]:.1f}, off {rates['off'][-1]:.1f} tokens/s",
                      file=sys.stderr)
            median = {side: statistics.median(rates[side]) for side in sides}
            print(f"{kind:5}: on {median['on']:.1f} tokens/s ({spread(rates['on'])}), off {median['off']:.1f} "
                  f"({spread(rates['off'])}), ratio {median['on'] / median['off']:.2f}; "
                  f"{guessed / tokens:.2f} guesses a token, {held} of {guessed} held, {held / tokens:.0%} of the tokens")
    print("texts and digests are equal" if same else "ANSWERS DIFFER")
    sys.exit(0 if same else 1)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--launcher", default="./carovana")
    parser.add_argument("--model", help="a folder or GGUF; the demo model if absent")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="of each worker")
    parser.add_argument("--new-tokens", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--up-flag", action="append", default=[], metavar="FLAG",
                        help="passed on to carovana up, such as --up-flag=--kv=q8")
    return parser.parse_args()


def cluster(arguments, speculation):
    flags = ["--model", arguments.model] if arguments.model else []
    return LocalCluster(
        arguments.launcher, f"speculation-{speculation}", *flags, "--workers", str(arguments.workers),
        "--threads", str(arguments.threads), "--context", "8192", "--speculation", speculation,
        *arguments.up_flag)


def edits():
    for name in FILES:
        text = (ROOT / name).read_text()
        head = "".join(text.splitlines(keepends=True)[:HEAD_LINES])
        renamed = re.sub(rf"\b{pathlib.Path(name).stem}\b", "Renamed", head)
        yield "edit", {"prompt": f"{text}\n// The same file, the class renamed:\n{renamed}", "temperature": 0}


def others():
    for seed, name in enumerate(FILES):
        text = (ROOT / name).read_text()[:OTHER_CHARACTERS]
        yield "other", {"prompt": text, "temperature": 1, "seed": seed}


def equal(kind, answers):
    pairs = list(zip(answers["on"], answers["off"]))
    differing = [number for number, (on, off) in enumerate(pairs)
                 if (on["text"], on["digest"]) != (off["text"], off["digest"]) or not on["digest"]]
    for number in differing:
        print(f"{kind} {number} differs: {pairs[number]}", file=sys.stderr)
    return not differing


def rate(answers):
    """Tokens a second, not counting the first ones."""
    tokens = sum(answer["usage"]["completion_tokens"] - 1 for answer in answers)
    return tokens / sum(answer["rest_s"] for answer in answers)


def spread(values):
    return f"{min(values):.1f} to {max(values):.1f}"


if __name__ == "__main__":
    main()
