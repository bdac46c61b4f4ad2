"""A cluster on this machine for the scripts beside this file. Python's standard library only."""
import json
import os
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
        """A streamed completion: its text, usage, digest, and when the first and last text came."""
        body |= {"stream": True, "stream_options": {"include_usage": True}}
        request = urllib.request.Request(
            self.url + "/v1/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})
        began = time.monotonic()
        first = last = None
        text, usage, digest = "", None, None
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
        return {"text": text, "usage": usage, "digest": digest, "first_s": first - began, "rest_s": last - first}
