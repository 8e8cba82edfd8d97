"""A ledger on a server is believed only as far as it proves what it says (issue 6, R51)."""

import base64
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from remote_rooms import PaperLine, a_remote_ledger

from careloop.adapters.http_ledger import HttpLedger
from careloop.adapters.http_line import HttpLine
from careloop.errors import InvalidInput, Refused, Unavailable
from careloop.ledger.note import read_verifier
from careloop.testing.contracts.ledger import NOON, a_record
from careloop.testing.ledger_fake import LedgerFake


def a_line(count: int = 5) -> PaperLine:
    ledger = LedgerFake("acme.example/care")
    for number in range(count):
        ledger.append([a_record(number)], recorded_at=NOON)
    return PaperLine(ledger)


def changing(name: str, change: Callable[[Any], object]) -> Callable[[str, bytes], bytes]:
    """What makes every answer to one kind of question lie in one place."""

    def alter(path: str, body: bytes) -> bytes:
        if not path.startswith(name):
            return body
        said = json.loads(body)
        change(said)
        return json.dumps(said).encode()

    return alter


def _forge_entry(said: Any) -> None:
    other = LedgerFake("acme.example/care")
    other.append([a_record(99)], recorded_at=NOON)
    said["entries"][0]["body"] = base64.b64encode(other.entry(0).body).decode()


LIES: dict[str, tuple[str, Callable[[Any], object]]] = {
    "an entry that is not in the log": ("proven", _forge_entry),
    "an entry at another place": ("proven", lambda said: said["entries"][0].update(index=1)),
    "entries out of order": ("proven", lambda said: said["entries"].reverse()),
    "an entry left out": ("proven", lambda said: said["entries"].pop(0)),
    "no entry at all": ("proven", lambda said: said["entries"].clear()),
    "a path that leads nowhere": ("proven", lambda said: said["entries"][0].update(path=["AAAA"])),
    "a checkpoint it did not sign": (
        "proven",
        lambda said: said.update(checkpoint=said["checkpoint"].replace("\n5\n", "\n6\n")),
    ),
    "no proof that it goes on": ("head", lambda said: said.update(continues=[])),
    "something else altogether": ("proven", lambda said: said.clear()),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_server_that_lies_about_entries_is_refused(tmp_path: Path, lie: str) -> None:
    line = a_line(3)
    ledger = a_remote_ledger(tmp_path, line=line)
    assert ledger.size() == 3
    line.ledger.append([a_record(3), a_record(4)], recorded_at=NOON)
    name, change = LIES[lie]
    line.alter = changing(name, change)
    with pytest.raises(Refused):
        list(ledger.entries(0, 5))


NOWHERE = base64.b64encode(bytes(32)).decode()
RECEIPTS: dict[str, Callable[[Any], object]] = {
    "another place": lambda said: said["receipts"][0].update(index=0),
    "another time": lambda said: said["receipts"][0].update(recorded_at="2026-03-31T13:00:00.000000Z"),
    "a tree that never was": lambda said: said["receipts"][0].update(root=NOWHERE),
    "a smaller tree": lambda said: said["receipts"][0].update(size=2),
    "no receipt": lambda said: said["receipts"].clear(),
}


@pytest.mark.parametrize("lie", RECEIPTS)
def test_a_receipt_that_proves_nothing_is_none(tmp_path: Path, lie: str) -> None:
    line = a_line()
    ledger = a_remote_ledger(tmp_path, line=line)
    line.alter = changing("records", RECEIPTS[lie])
    with pytest.raises(Refused):
        ledger.append([a_record(9)], recorded_at=NOON)


def test_a_server_that_was_rolled_back_or_forked_is_told_also_by_the_next_process(tmp_path: Path) -> None:
    assert a_remote_ledger(tmp_path, line=a_line(5)).size() == 5
    for shorter in (a_line(3), a_line(0)):
        with pytest.raises(Refused, match="do not continue the 5"):
            a_remote_ledger(tmp_path, line=shorter).size()
    forked = a_line(4)
    forked.ledger.append([a_record(77), a_record(78)], recorded_at=NOON)
    with pytest.raises(Refused, match="do not continue the 5"):
        a_remote_ledger(tmp_path, line=forked).append([a_record(9)], recorded_at=NOON)


def test_another_log_is_not_taken_for_this_one(tmp_path: Path) -> None:
    line = PaperLine(LedgerFake("other.example/care"))
    with pytest.raises(Refused):
        HttpLedger(line, read_verifier(LedgerFake("acme.example/care").key), seen=tmp_path / "seen").head()


def test_what_a_token_may_not_append_is_not_appended(tmp_path: Path) -> None:
    line = a_line()
    data = {"system": "s", "lock": "l", "environment": "e", "request": "r"}
    standing = replace(a_record(9), type="release.standing", data=data)
    with closing(a_remote_ledger(tmp_path, line=line)) as ledger:
        with pytest.raises(Refused, match=r"may not append release\.standing"):
            ledger.append([a_record(8), standing], recorded_at=NOON)
        assert ledger.size() == 5


def test_the_clock_of_the_log_counts(tmp_path: Path) -> None:
    line = a_line()
    ledger = HttpLedger(line, read_verifier(line.ledger.key), seen=tmp_path / "seen")
    receipt = ledger.append([a_record(9)], recorded_at=NOON.replace(year=2031))[0]
    assert receipt.recorded_at == NOON


def test_a_server_out_of_reach_or_that_shuts_its_door_closes_whatever_needs_it(tmp_path: Path) -> None:
    line = a_line()
    ledger = a_remote_ledger(tmp_path, line=line)
    line.ledger.out_of_reach = True  # type: ignore[attr-defined]  # the fake's
    with pytest.raises(Unavailable):
        ledger.append([a_record(9)], recorded_at=NOON)
    with pytest.raises(Unavailable, match="out of reach"):
        HttpLine("http://127.0.0.1:9/api/v1/ledger", token="t").ask("GET", "head")


def test_more_than_fits_is_said_before_it_is_sent(tmp_path: Path) -> None:
    line = a_line()
    ledger = a_remote_ledger(tmp_path, line=line)
    data = {"system": "s", "severity": "low", "text": "x" * 60_000}
    with pytest.raises(InvalidInput, match="at most"):
        ledger.append([a_record(n, data=data) for n in range(200)], recorded_at=NOON)
    assert line.asked == []
