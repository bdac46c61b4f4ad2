"""Running programs for the scripts beside this file. Python's standard library only."""
import subprocess
import sys


def output(command):
    """What a program prints; where it fails, the script ends with what it said."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout
