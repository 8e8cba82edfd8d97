"""A log's key is changed openly: old checkpoints lead to the new key, and a crash in between is mended (R51)."""

import base64
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest
from ledger_rooms import ORIGIN, filled, opened, problems
from remote_rooms import PaperLine

from care_verify.export import verify_export
from care_verify.notes import read_key
from careloop.adapters import ledger_rotation
from careloop.adapters.anchor_file import FileAnchor
from careloop.adapters.http_ledger import HttpLedger
from careloop.adapters.ledger_export import export_ledger
from careloop.adapters.ledger_fork import fork_ledger
from careloop.adapters.ledger_rotation import rotate_key, rotations_of
from careloop.adapters.sqlite_ledger import open_ledger
from careloop.errors import InvalidInput, Refused, Unavailable
from careloop.ledger.checkpoint import read_checkpoint, sign_checkpoint
from careloop.ledger.key_trail import KeyTrail
from careloop.ledger.note import Signer, read_verifier
from careloop.ports.ledger import Record
from careloop.testing.contracts.ledger import NOON, a_record
from careloop.workflows.evolve.anchor_ledger import check_anchors, keys_of, newest_key


def a_change(number: int = 900) -> Record:
    return replace(a_record(number, data={"reason": "yearly"}), type="ledger.key_rotated")


def rotate(folder: Path, number: int = 900) -> str:
    database = folder / "ledger.sqlite"
    return rotate_key(database, partial(opened, folder), record=a_change(number), recorded_at=NOON + timedelta(hours=1))


def key_in(folder: Path) -> str:
    return (folder / "ledger.pub").read_text().strip()


def test_the_change_is_recorded_and_the_old_secret_is_gone(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    old, secret = key_in(folder), (folder / "keys" / "ledger.key").read_text()
    new = rotate(folder)
    with opened(folder) as ledger:
        entry = ledger.entry(5)
        assert (entry.record.type, entry.record.data["from"], entry.record.data["to"]) == (
            "ledger.key_rotated",
            old,
            new,
        )
        assert ledger.append([a_record(9)], recorded_at=NOON + timedelta(hours=2))[0].index == 6
        assert read_checkpoint(ledger.head().note, read_verifier(new)).size == 7
    assert problems(folder) == ()
    kept = [path.read_text() for path in folder.rglob("*") if path.is_file() and path.suffix in ("", ".key", ".next")]
    assert not any(secret.strip() in text for text in kept)


@pytest.mark.parametrize("times", [1, 3])
def test_every_export_leads_from_any_earlier_key_to_the_newest(tmp_path: Path, times: int) -> None:
    folder = filled(tmp_path / "care")
    keys = [key_in(folder)] + [rotate(folder, 900 + n) for n in range(times)]
    with opened(folder, read_only=True) as ledger:
        rotations = rotations_of(folder / "ledger.sqlite")
        export_ledger(ledger, tmp_path / "export.zip", rotations=rotations)
    archive = (tmp_path / "export.zip").read_bytes()
    assert len(rotations) == times
    for key in keys:
        found = verify_export(archive, trust=read_key(key))
        assert (found.problems, found.sound) == ((), True)


def test_a_checkpoint_of_the_old_key_still_anchors_the_log(tmp_path: Path) -> None:
    folder = filled(tmp_path / "care")
    anchor = FileAnchor("disk", tmp_path / "anchor")
    with opened(folder) as ledger:
        anchor.keep(ledger.head(), lambda old: ())
    rotate(folder)
    with opened(folder) as ledger:
        check_anchors(ledger, [anchor])
        assert len(keys_of(ledger).chain) == 2


def test_a_process_that_was_writing_goes_on_under_the_new_key(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    with opened(folder) as busy:
        new = rotate(folder)
        receipt = busy.append([a_record(9)], recorded_at=NOON + timedelta(hours=2))[0]
        assert (receipt.index, busy.key) == (6, new)
    with opened(folder) as ledger:
        assert ledger.size() == 7
    assert problems(folder) == ()


def test_writers_at_work_lose_nothing_while_the_key_changes(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    done: list[int] = []

    def write(first: int) -> None:
        with opened(folder) as ledger:
            for number in range(first, first + 15):
                done.append(ledger.append([a_record(number)], recorded_at=NOON + timedelta(hours=1))[0].index)

    threads = [threading.Thread(target=write, args=(100 * n,)) for n in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for number in range(3):
        rotate(folder, 900 + number)
    for thread in threads:
        thread.join()
    with opened(folder) as ledger:
        assert (ledger.size(), len(set(done))) == (5 + 45 + 3, 45)
    assert problems(folder) == ()


class Crash(Exception):
    """The process ended here."""


@pytest.mark.parametrize("step", ["write_durably", "save_verifier", "_replace", "sign_checkpoint", "join_signatures"])
@pytest.mark.parametrize("call", [1, 2, 3])
def test_whatever_step_a_crash_falls_on_the_log_opens_or_rotating_again_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, call: int
) -> None:
    folder = filled(tmp_path)
    old = key_in(folder)
    real: Callable[..., object] = getattr(ledger_rotation, step)
    calls = iter(range(1, 100))

    def crashing(*args: object, **named: object) -> object:
        if next(calls) == call:
            raise Crash
        return real(*args, **named)

    with monkeypatch.context() as crash:
        crash.setattr(ledger_rotation, step, crashing)
        try:
            rotate(folder)
        except Crash:
            interrupted = True
        else:
            interrupted = False
    if interrupted:
        assert rotate(folder, 901) == key_in(folder)
    with opened(folder) as ledger:
        assert [entry.record.data["from"] for entry in ledger.query(type="ledger.key_rotated")] == [old]
        assert ledger.append([a_record(9)], recorded_at=NOON + timedelta(hours=2))[0].index == 6
    assert list(rotations_of(folder / "ledger.sqlite")) == [6]
    assert not (folder / "keys" / "ledger.key.next").exists()
    assert problems(folder) == ()


def test_a_trusted_key_leads_to_the_newest_only_by_changes_that_both_keys_signed(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    first = read_verifier(key_in(folder))
    newest = read_verifier([rotate(folder, 900 + n) for n in range(2)][-1])
    rotations = rotations_of(folder / "ledger.sqlite")
    with opened(folder, read_only=True) as ledger:
        assert newest_key(ledger, first, rotations) == newest
        assert newest_key(ledger, newest, rotations) == newest
        for spoilt in (
            {},
            {**rotations, 6: rotations[7]},
            {**rotations, 6: rotations[6].rpartition("— ")[0]},
        ):
            assert newest_key(ledger, first, spoilt) == first


def test_another_record_does_not_change_a_key(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    with pytest.raises(InvalidInput):
        rotate_key(folder / "ledger.sqlite", partial(opened, folder), record=a_record(9), recorded_at=NOON)
    assert not (folder / "keys" / "ledger.key.next").exists()


def test_a_recorded_fork_gives_up_what_older_anchors_knew(tmp_path: Path) -> None:
    folder = filled(tmp_path / "care")
    anchor = FileAnchor("disk", tmp_path / "anchor")
    older = (folder / "ledger.sqlite").read_bytes()
    with opened(folder) as ledger:
        ledger.append([a_record(9)], recorded_at=NOON + timedelta(hours=1))
        anchor.keep(ledger.head(), lambda old: ())
    for name in ("ledger.sqlite-wal", "ledger.sqlite-shm"):
        (folder / name).unlink(missing_ok=True)
    (folder / "ledger.sqlite").write_bytes(older)
    with pytest.raises(Refused, match="proves that it had 6"):
        opened(folder)
    record = replace(a_record(90, data={"reason": "the disk lost its cache"}), type="ledger.forked")
    fork_ledger(folder / "ledger.sqlite", origin=ORIGIN, record=record, recorded_at=NOON + timedelta(hours=2))
    with open_ledger(folder / "ledger.sqlite", origin=ORIGIN) as ledger:
        check_anchors(ledger, [anchor])
        assert ledger.entry(5).record.data["to"] == ledger.key


def test_who_asks_from_afar_follows_a_change_of_keys_and_the_next_process_too(tmp_path: Path) -> None:
    folder, seen = filled(tmp_path), tmp_path / "seen"
    told = read_verifier(key_in(folder))
    with opened(folder) as log:
        line = PaperLine(log)
        line.rotations = lambda: tuple(rotations_of(folder / "ledger.sqlite").values())
        before = HttpLedger(line, told, seen=seen)
        assert before.size() == 5
        for number in (900, 901):
            new = rotate(folder, number)
            log.append([a_record(number + 100)], recorded_at=NOON + timedelta(hours=2))
        assert before.append([a_record(2_000)], recorded_at=NOON)[0].index == 9
        assert before.key == new
        assert HttpLedger(line, told, seen=seen).size() == 10, "what is seen was signed by a key it was not told"
        assert HttpLedger(line, read_verifier(new), seen=tmp_path / "other").size() == 10
        away = PaperLine(log)
        away.ask = out_of_reach  # type: ignore[method-assign,assignment]
        with pytest.raises(Unavailable):  # so that a source keeps its records in its spool
            HttpLedger(away, told, seen=seen)


def out_of_reach(*_: object) -> tuple[int, bytes]:
    raise Unavailable("no answer")


@pytest.mark.parametrize("lie", ["another note", "another record", "a key of the server's own", "nothing"])
def test_a_server_leads_nobody_to_a_key_that_the_old_one_did_not_sign_for(tmp_path: Path, lie: str) -> None:
    folder = filled(tmp_path)
    told = read_verifier(key_in(folder))
    rotate(folder)
    notes = tuple(rotations_of(folder / "ledger.sqlite").values())
    with opened(folder) as log:
        line = PaperLine(log)
        line.rotations = lambda: () if lie == "nothing" else notes
        size, old_text, new_text = 6, told.text, key_in(folder)
        forged = Signer("acme.example/care", b"\7" * 32)

        def lying(path: str, body: bytes) -> bytes:
            if path != "rotations" or lie == "nothing":
                return body
            trail = msgspec.json.decode(body, type=KeyTrail)
            (change,) = trail.changes
            if lie == "another note":
                change.note = sign_checkpoint(size, b"\1" * 32, forged).note
            elif lie == "another record":
                change.body = base64.b64encode(log.entry(0).body).decode()
            else:
                said = base64.b64decode(change.body).decode().replace(new_text, forged.verifier.text)
                assert old_text in said
                change.body = base64.b64encode(said.encode()).decode()
            return msgspec.json.encode(trail)

        line.alter = lying
        asking = HttpLedger(line, told, seen=tmp_path / "seen")
        with pytest.raises(Refused):
            asking.size()
        assert asking.key == told.text
