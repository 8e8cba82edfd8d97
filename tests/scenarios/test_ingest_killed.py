"""Server and compactor are killed at random, again and again: what was acknowledged is there, and once (R51)."""

from __future__ import annotations

import http.client
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from ingest_rooms import Server, a_server, acme, an_offer, kept, lines_of

COMPACTOR = Path(__file__).with_name("lake_compactor.py")
NDJSON = "application/x-ndjson"
BATCH = 20


class Sender:
    """Sends batches, and each again until it was acknowledged, as a spool does."""

    def __init__(self) -> None:
        self.acknowledged: list[str] = []
        self.resent = 0
        self._next = 0
        self._unsure = False

    def send_for(self, server: Server, seconds: float) -> None:
        """Post until the time is over or the server is gone."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            names = [f"offer-{self._next + n}" for n in range(BATCH)]
            self.resent += self._unsure
            self._unsure = True
            try:
                answer = server.post(lines_of(*(an_offer(self._next + n) for n in range(BATCH))), media=NDJSON)
            except (OSError, http.client.HTTPException):
                return
            assert answer.status in (200, 503), answer
            if answer.status == 503:
                continue
            assert answer.body["accepted"] + answer.body["duplicates"] == BATCH, answer
            self.acknowledged += names
            self._next += BATCH
            self._unsure = False


def a_compactor(root: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(COMPACTOR), str(root / ".care" / "lake")])


def rounds_of_kills(root: Path, rounds: int, chance: random.Random) -> Sender:
    """Each round ends with a kill of the server while batches are sent; the compactor is killed within some."""
    sender = Sender()
    compactor = a_compactor(root)
    for _ in range(rounds):
        with a_server(root) as server:
            killer = subprocess.Popen(["sleep", str(chance.uniform(0.05, 0.6))])
            while killer.poll() is None:
                sender.send_for(server, 0.05)
            if chance.random() < 0.6:
                compactor.send_signal(signal.SIGKILL)
                compactor.wait()
                sender.send_for(server, chance.uniform(0, 0.2))
                compactor = a_compactor(root)
            killer.wait()
            poster_dies_with(server, sender, chance)
    compactor.send_signal(signal.SIGKILL)
    compactor.wait()
    return sender


def poster_dies_with(server: Server, sender: Sender, chance: random.Random) -> None:
    """Kill the server from beside while a batch is on its way."""
    beside = subprocess.Popen([sys.executable, "-c", _KILL, str(server.process.pid), str(chance.uniform(0.01, 0.2))])
    sender.send_for(server, 30)
    beside.wait()
    server.process.wait()


_KILL = """
import os, signal, sys, time
from pathlib import Path
pid = int(sys.argv[1])
time.sleep(float(sys.argv[2]))
for one in [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]:
    os.kill(one, signal.SIGKILL)
"""


def check(root: Path, sender: Sender) -> None:
    """Every acknowledged event once; of the one batch that nobody was told about, all rows or none."""
    found = Counter(kept(root))
    assert [one for one, n in found.items() if n > 1] == []
    assert [one for one in sender.acknowledged if one not in found] == []
    assert len(found) - len(sender.acknowledged) in (0, BATCH)


def test_server_and_compactor_killed_a_few_times(tmp_path: Path) -> None:
    root = acme(tmp_path)
    sender = rounds_of_kills(root, 3, random.Random(20261128))
    assert len(sender.acknowledged) >= BATCH * 3
    check(root, sender)


@pytest.mark.soak
def test_server_and_compactor_killed_a_hundred_times(tmp_path: Path) -> None:
    root = acme(tmp_path)
    chance = random.Random()
    sender = rounds_of_kills(root, 100, chance)
    assert sender.resent > 0
    check(root, sender)
