"""A cluster on this machine for the scripts beside this file. Python's standard library only."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request


class LocalCluster:
    """`carovana up` on a free port, under a name of its own, gone at the end."""

    def __init__(self, launcher, purpose, *flags):
        self.launcher = launcher
        self.name = f"{purpose}-{os.getpid()}"
        self.flags = flags
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        try:
            self.launch("up", *self.flags, "--port", str(self.port), "--detach")
        except BaseException:
            subprocess.run([self.launcher, "down", "--name", self.name], capture_output=True)
            raise
        return self

    def __exit__(self, *_):
        self.launch("down")

    def launch(self, command, *flags):
        line = [self.launcher, command, *flags, "--name", self.name]
        # Making AOT caches for the next start would take processor time from what is measured.
        environment = {**os.environ, "CAROVANA_AOT_CACHE": "off"}
        done = subprocess.run(line, capture_output=True, text=True, env=environment)
        if done.returncode:
            sys.exit(f"{' '.join(line)} failed:\n{done.stderr}")

    def get(self, path):
        with urllib.request.urlopen(self.url + path) as answer:
            return json.load(answer)

    def stream(self, **body):
        """A streamed completion: its text, usage, digest, when the first and last text came, and the best
        log-probabilities of its first token, highest first."""
        body |= {"stream": True, "stream_options": {"include_usage": True}}
        request = urllib.request.Request(
            self.url + "/v1/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})
        began = time.monotonic()
        first = last = None
        text, usage, digest, best = "", None, None, []
        with urllib.request.urlopen(request) as events:
            for line in events:
                if not line.startswith(b"data: {"):
                    continue
                event = json.loads(line[len(b"data: "):])
                if "error" in event:
                    sys.exit(f"a stream ended with {event['error']}")
                usage = event.get("usage") or usage
                for choice in event["choices"]:
                    last = time.monotonic()
                    first = first or last
                    text += choice["text"]
                    digest = choice.get("logits_digest") or digest
                    if not best and (choice.get("logprobs") or {}).get("top_logprobs"):
                        best = sorted(choice["logprobs"]["top_logprobs"][0].values(), reverse=True)
        return {"text": text, "usage": usage, "digest": digest, "best": best,
                "first_s": first - began, "rest_s": last - first}

    def memory(self):
        """Resident MiB of the processes, now and at most, by name: {"gateway": (120, 130)}; Linux only."""
        processes = {}
        for entry in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else []):
            try:
                words = pathlib.Path(f"/proc/{entry}/cmdline").read_text().split("\0")
                lines = pathlib.Path(f"/proc/{entry}/status").read_text().splitlines()
            except OSError:
                continue  # it has ended
            processes[entry] = words, dict(line.split(":", 1) for line in lines)
        supervisors = {entry for entry, (words, _) in processes.items() if "up" in words and self.name in words}
        figures = {}
        for entry, (words, status) in processes.items():
            if entry in supervisors:
                name = "supervisor"
            elif status["PPid"].strip() in supervisors and "--node" in words:
                name = words[words.index("--node") + 1]
            else:
                continue
            figures[name] = tuple(int(status[key].split()[0]) >> 10 for key in ("VmRSS", "VmHWM"))
        return figures
