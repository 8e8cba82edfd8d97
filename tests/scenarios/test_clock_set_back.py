"""Real commands under a clock that jumps a year ahead and years back, by Debian's faketime (LEDGER 12; R16, R41)."""

import json
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from acme_releases import APPROVERS, Acme, Said

FAKETIME = shutil.which("faketime")
CARE = Path(sys.executable).parent / "care"
JUMPS = ("+0d", "+400d", "-900d", "+3d", "-1d", "+800d", "+0d")
"""Against the real clock; each is a process of its own."""

pytestmark = pytest.mark.skipif(FAKETIME is None, reason="faketime is not installed; with it clocks are set back")


def care_at(jump: str, acme: Acme, *words: str) -> Said:
    """The command in a process whose clock is off by a jump."""
    command = [str(FAKETIME), "-f", jump, str(CARE), *words, "--repo", str(acme.root)]
    run = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=False, timeout=120)
    assert "Traceback" not in run.stderr, run.stderr
    return Said(run.returncode, run.stdout, run.stderr)


def noted_at(jump: str, acme: Acme, number: int) -> Said:
    """Append an observation under a clock that is off."""
    path = acme.keys.parent / f"record-{number}.json"
    path.write_text(
        json.dumps(
            {"type": "training.completed", "data": {"training": "ai-basics", "outcome": "passed", "number": number}}
        )
    )
    return care_at(jump, acme, "ledger", "append", str(path), "--format", "json")


def test_r16_order_is_that_of_the_index_whatever_clocks_say_and_skew_is_shown(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    for number, jump in enumerate(JUMPS):
        said = noted_at(jump, acme, number)
        assert said.code == 0, said.err
    shown = acme.care("ledger", "show", "--type", "training.completed", "--format", "json").json["entries"]
    assert [one["data"]["number"] for one in shown] == list(range(len(JUMPS)))
    times = [one["recorded_at"] for one in shown]
    assert all(before <= after for before, after in pairwise(times)), times
    for jump in ("+0d", "-2000d", "+2000d"):
        verified = care_at(jump, acme, "ledger", "verify")
        assert verified.code == 0, verified.out + verified.err
    assert "clock" in verified.out, verified.out
    out = tmp_path / "export.zip"
    assert care_at("-2000d", acme, "ledger", "export", "--out", str(out)).code == 0
    checked = subprocess.run(
        [str(CARE.parent / "care-verify"), str(out)], capture_output=True, text=True, check=False, timeout=120
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_r41_a_clock_set_back_revives_no_request_that_has_expired(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    lock = acme.locked()
    acme.validated()
    waits = acme.gate(str(acme.keys.parent / "lock.json"), acme.results(lock))
    assert waits.code == 3, waits.out
    request = waits.json["request"]
    for person in APPROVERS:
        said = acme.approve(request, person)
        assert said.code == 0, said.err
    late = noted_at("+365d", acme, 0)
    assert late.code == 0, late.err
    for jump in ("+0d", "-1d", "+1d"):
        said = care_at(jump, acme, "release", "record", lock, "--request", request, "--format", "json")
        assert (said.code, "the request expired" in said.err) == (1, True), said.out + said.err
