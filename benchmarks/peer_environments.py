"""Peers of the benchmarks, each in an environment of its own from its lock file, made on first use."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["ask_peer", "peer_python"]

PROJECT = Path(__file__).resolve().parents[1]


def peer_python(name: str) -> Path:
    """The interpreter of a peer's environment; `requirements/peer-<name>.txt` says what is in it."""
    home = PROJECT / ".cache" / "peers" / name
    python, whole = home / "bin" / "python", home / "whole"
    if not whole.exists():
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        lock = PROJECT / "requirements" / f"peer-{name}.txt"
        pip = [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(lock)]
        subprocess.run(pip, check=True)
        whole.touch()
    return python


def ask_peer(name: str, script: str, *words: str) -> dict[str, Any]:
    """What a script of `benchmarks/peers` says in that environment: one JSON line, its last."""
    command = [str(peer_python(name)), str(PROJECT / "benchmarks" / "peers" / script), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{name} ended with {done.returncode}: {done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
