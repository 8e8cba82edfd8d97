"""The SQLite ledger against tampering, loss, forks, wrong keys and crashes between its steps."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from ledger_rooms import ORIGIN, an_intruder, filled, opened, problems

from careloop.adapters.ledger_export import export_ledger
from careloop.adapters.ledger_fork import fork_ledger
from careloop.adapters.sqlite_ledger import open_ledger
from careloop.adapters.sqlite_ledger_verification import verify_sqlite_ledger
from careloop.errors import CareloopError, InvalidInput, NotFound, Refused, Unavailable
from careloop.ledger.checkpoint import read_checkpoint
from careloop.ledger.note import Signer, read_verifier
from careloop.ledger.verify import Notice, NoticeKind, Problem, ProblemKind
from careloop.testing.contracts.ledger import NOON, a_record


def kinds(folder: Path) -> set[ProblemKind]:
    return {problem.kind for problem in problems(folder)}


def test_every_single_altered_byte_of_every_body_is_told_to_the_exact_entry(tmp_path: Path) -> None:
    folder = filled(tmp_path, 3)
    tried = 0
    with an_intruder(folder) as db:
        for index, body in db.execute("SELECT idx, body FROM entry").fetchall():
            for at in range(len(body)):
                altered = body[:at] + bytes([body[at] ^ (1 << at % 8)]) + body[at + 1 :]
                db.execute("UPDATE entry SET body = ? WHERE idx = ?", (altered, index))
                assert problems(folder) == (Problem(index, ProblemKind.ALTERED_BODY),)
                tried += 1
            db.execute("UPDATE entry SET body = ? WHERE idx = ?", (body, index))
        assert problems(folder) == ()
    assert tried > 1000


def test_an_altered_entry_is_not_handed_out(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    with an_intruder(folder) as db:
        db.execute("UPDATE entry SET body = replace(body, 'high', 'lows') WHERE idx = 2")
    with opened(folder) as ledger:
        assert ledger.entry(1).index == 1
        with pytest.raises(Refused, match="entry 2"):
            ledger.entry(2)
        with pytest.raises(Refused, match="entry 2"):
            list(ledger.query(type="incident.opened"))
        with pytest.raises(Refused, match="entry 2"):
            export_ledger(ledger, tmp_path / "export.zip")
    assert not (tmp_path / "export.zip").exists()


def test_an_alteration_with_every_hash_mended_is_told_by_the_signature(tmp_path: Path) -> None:
    folder = filled(tmp_path / "own")
    with opened(tmp_path / "forger", create=True) as ledger:
        ledger.put_blob(b"an attestation", media="application/json")
        for entry in open_ledger(folder / "ledger.sqlite", origin=ORIGIN, read_only=True).entries(0, 5):
            record = replace(entry.record, controls=()) if entry.index == 2 else entry.record
            ledger.append([record], recorded_at=entry.recorded_at)
    shutil.copy(tmp_path / "forger" / "ledger.sqlite", folder / "ledger.sqlite")
    assert problems(folder) == (
        Problem(None, ProblemKind.BAD_ROOT),
        Problem(None, ProblemKind.FORKED_FROM_ANCHOR),
    )
    with pytest.raises(Refused, match="not those that"):
        opened(folder)


def test_a_body_stored_as_text_is_judged_by_its_bytes(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    with an_intruder(folder) as db:
        db.execute("UPDATE entry SET body = CAST(body AS TEXT) WHERE idx = 2")
        assert problems(folder) == ()
        db.execute("UPDATE entry SET body = replace(body, 'high', 'lows') WHERE idx = 2")
        assert problems(folder) == (Problem(2, ProblemKind.ALTERED_BODY),)
        db.execute("UPDATE entry SET body = CAST(x'ff' || body AS TEXT) WHERE idx = 2")
        assert problems(folder) == (Problem(2, ProblemKind.ALTERED_BODY),)


@pytest.mark.parametrize("statement", ["UPDATE entry SET body = x'00'", "DELETE FROM entry", "DELETE FROM head"])
def test_the_database_itself_refuses_change_and_deletion(tmp_path: Path, statement: str) -> None:
    folder = filled(tmp_path)
    with (
        closing(sqlite3.connect(folder / "ledger.sqlite")) as db,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        db.execute(statement)


def test_the_database_itself_refuses_a_gap_and_a_replacement(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as db:
        for place in (9, 2):
            with pytest.raises(sqlite3.IntegrityError, match="follow one another"):
                db.execute("INSERT OR REPLACE INTO entry VALUES (?, 'x', 'x', 'x', 'x', 'x', x'00')", (place,))


TAMPERING = {
    "UPDATE entry SET type = 'gate.decision' WHERE idx = 2": {Problem(2, ProblemKind.ALTERED_INDEX_ROW)},
    "UPDATE entry SET recorded_at = '2020' WHERE idx = 3": {Problem(3, ProblemKind.ALTERED_INDEX_ROW)},
    "DELETE FROM subject WHERE idx = 1": {Problem(1, ProblemKind.ALTERED_INDEX_ROW)},
    "INSERT INTO subject VALUES ('systems/other', 4)": {Problem(4, ProblemKind.ALTERED_INDEX_ROW)},
    "DELETE FROM entry WHERE idx = 2": {Problem(2, ProblemKind.MISSING_INDEX)},
    "UPDATE blob SET data = x'00'": {Problem(None, ProblemKind.ALTERED_BLOB), Problem(1, ProblemKind.ALTERED_BLOB)},
    "DELETE FROM blob": {Problem(1, ProblemKind.MISSING_BLOB)},
    "UPDATE node SET hash = zeroblob(32) WHERE level = 2": {
        Problem(0, ProblemKind.ALTERED_NODE),
        Problem(None, ProblemKind.FORKED_FROM_ANCHOR),
    },
    "UPDATE node SET hash = zeroblob(32) WHERE level = 0 AND pos = 1": {
        Problem(0, ProblemKind.ALTERED_NODE),
        Problem(1, ProblemKind.ALTERED_NODE),
    },
    "INSERT INTO node VALUES (70, 1, x'00')": {Problem(None, ProblemKind.ALTERED_NODE)},
    "DELETE FROM node WHERE level = 1 AND pos = 0": {
        Problem(0, ProblemKind.ALTERED_NODE),
        Problem(None, ProblemKind.ALTERED_NODE),
    },
    "UPDATE head SET root = zeroblob(32) WHERE size = 3": {Problem(2, ProblemKind.BAD_ROOT)},
    "DELETE FROM head WHERE size = 5": {Problem(None, ProblemKind.BAD_ROOT)},
}


@pytest.mark.parametrize("statement", TAMPERING)
def test_what_lies_around_the_bodies_is_checked_too(tmp_path: Path, statement: str) -> None:
    folder = filled(tmp_path)
    with an_intruder(folder) as db:
        db.execute(statement)
    assert TAMPERING[statement] <= set(problems(folder))


def test_a_hidden_or_mislabelled_entry_is_not_used(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    with an_intruder(folder) as db:
        db.execute("UPDATE entry SET type = 'gate.decision' WHERE idx = 2")
    with opened(folder) as ledger, pytest.raises(Refused, match="indexed as something"):
        list(ledger.query(type="gate.decision"))


def truncate(folder: Path, size: int) -> None:
    """What a lost write-ahead log looks like: an older, consistent database."""
    with an_intruder(folder) as db:
        db.execute("DELETE FROM entry WHERE idx >= ?", (size,))
        db.execute("DELETE FROM subject WHERE idx >= ?", (size,))
        db.execute("DELETE FROM node WHERE ((pos + 1) << level) > ?", (size,))
        db.execute("DELETE FROM head WHERE size > ?", (size,))
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_truncated_tail_is_told_by_the_anchor_and_the_ledger_refuses_to_run(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    truncate(folder, 3)
    with pytest.raises(Refused, match=r"has 3 entries, but .* proves that it had 5") as caught:
        opened(folder)
    assert "backup that holds at least 5" in (caught.value.hint or "")
    assert {ProblemKind.BEHIND_ANCHOR, ProblemKind.MISSING_INDEX} <= kinds(folder)


def test_the_anchor_tells_even_when_the_checkpoint_beside_the_database_went_back_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "care"
    away = tmp_path / "other-disk" / "anchor"
    away.parent.mkdir()
    with open_ledger(folder / "ledger.sqlite", origin=ORIGIN, create=True, anchor=away) as ledger:
        ledger.append([a_record(n) for n in range(3)], recorded_at=NOON)
        older = (folder / "checkpoint").read_bytes()
        ledger.append([a_record(3)], recorded_at=NOON)
    truncate(folder, 3)
    (folder / "checkpoint").write_bytes(older)
    assert not (folder / "anchor").exists()
    with pytest.raises(Refused, match="proves that it had 4"):
        open_ledger(folder / "ledger.sqlite", origin=ORIGIN, anchor=away)
    outcome = verify_sqlite_ledger(folder / "ledger.sqlite", anchor=away)
    assert [problem.kind for problem in outcome.problems] == [ProblemKind.BEHIND_ANCHOR]


def test_a_fork_is_told_by_the_anchor(tmp_path: Path) -> None:
    folder = filled(tmp_path, 3)
    kept = shutil.copytree(folder, tmp_path / "kept", ignore=shutil.ignore_patterns("kept"))
    with opened(folder) as ledger:
        ledger.append([a_record(77), a_record(78)], recorded_at=NOON)
    with opened(kept) as ledger:
        ledger.append([a_record(5), a_record(6), a_record(7)], recorded_at=NOON)
    shutil.copy(kept / "ledger.sqlite", folder / "ledger.sqlite")
    with pytest.raises(Refused, match="not those that"):
        opened(folder)
    assert ProblemKind.FORKED_FROM_ANCHOR in kinds(folder)


def test_a_missing_or_forged_anchor_stops_the_ledger(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    note = (folder / "anchor").read_text()
    for forged in (note.replace("\n5\n", "\n4\n"), "", "\udcff"):
        (folder / "anchor").write_bytes(forged.encode(errors="surrogateescape"))
        with pytest.raises(Refused):
            opened(folder)
        assert kinds(folder) == {ProblemKind.BAD_SIGNATURE}
    (folder / "anchor").unlink()
    with pytest.raises(Refused, match=r"anchor .* is gone"):
        opened(folder)
    assert kinds(folder) == {ProblemKind.MISSING_ANCHOR}


def test_a_ledger_that_stopped_between_commit_and_checkpoint_catches_up(tmp_path: Path) -> None:
    folder = filled(tmp_path, 3)
    older = {name: (folder / name).read_bytes() for name in ("checkpoint", "anchor")}
    with opened(folder) as ledger:
        ledger.append([a_record(50)], recorded_at=NOON)
    for name, content in older.items():
        (folder / name).write_bytes(content)
    outcome = verify_sqlite_ledger(folder / "ledger.sqlite")
    assert outcome.sound
    assert Notice(3, NoticeKind.UNSIGNED) in outcome.notices
    with opened(folder, read_only=True) as ledger:
        assert (ledger.size(), ledger.head().size) == (4, 3)
    with opened(folder) as ledger:
        assert ledger.head().size == 4
    assert b"\n4\n" in (folder / "checkpoint").read_bytes()
    assert b"\n4\n" in (folder / "anchor").read_bytes()


def test_the_checkpoint_file_is_the_signed_head(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    with opened(folder, read_only=True) as ledger:
        head = read_checkpoint((folder / "checkpoint").read_text(), read_verifier(ledger.key))
        assert head == ledger.head()
        assert (head.size, head.origin) == (5, ORIGIN)
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(".")) == []


def test_a_writer_whose_database_goes_back_under_its_feet_stops(tmp_path: Path) -> None:
    with opened(filled(tmp_path)) as ledger:
        truncate(tmp_path, 2)
        with pytest.raises(Refused, match="rolled back beneath us"):
            ledger.append([a_record(9)], recorded_at=NOON)


def test_recording_goes_on_after_an_accepted_loss_with_a_new_key_and_a_record(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    old_key = (folder / "ledger.pub").read_text()
    truncate(folder, 3)
    record = replace(a_record(90), type="ledger.forked", data={"reason": "disk lost its cache", "anchor_size": 0})
    receipt = fork_ledger(folder / "ledger.sqlite", origin=ORIGIN, record=record, recorded_at=NOON + timedelta(1))
    with opened(folder) as ledger:
        said = ledger.entry(receipt.index).record.data
        assert (receipt.index, said["anchor_size"], said["reason"]) == (3, 5, "disk lost its cache")
        assert ledger.key != old_key.strip()
    assert problems(folder) == ()
    assert b"\n5\n" in (folder / "anchor.until-5").read_bytes()
    trusted = verify_sqlite_ledger(folder / "ledger.sqlite", trust=read_verifier(old_key.strip()))
    assert not trusted.sound


def test_there_is_no_fork_without_a_loss(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    record = replace(a_record(90), type="ledger.forked", data={"reason": "whim"})
    with pytest.raises(InvalidInput, match="no loss"):
        fork_ledger(folder / "ledger.sqlite", origin=ORIGIN, record=record, recorded_at=NOON)
    with pytest.raises(InvalidInput, match=r"ledger\.forked"):
        fork_ledger(folder / "ledger.sqlite", origin=ORIGIN, record=a_record(90), recorded_at=NOON)
    with pytest.raises(Refused, match="not other"):
        fork_ledger(folder / "ledger.sqlite", origin="other", record=record, recorded_at=NOON)
    assert opened(folder).size() == 5


def test_the_log_key_is_private_to_its_owner(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    key = folder / "keys" / "ledger.key"
    assert (key.stat().st_mode & 0o777, key.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    key.chmod(0o640)
    with pytest.raises(Refused, match="read by others"):
        opened(folder)


def test_without_the_key_one_can_read_and_not_write(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    (folder / "keys" / "ledger.key").unlink()
    with pytest.raises(Unavailable, match="only the owner"):
        opened(folder)
    with opened(folder, read_only=True) as ledger:
        assert (ledger.size(), ledger.head().size) == (5, 5)
        for write in (
            lambda: ledger.append([a_record(9)], recorded_at=NOON),
            lambda: ledger.put_blob(b"x", media="text/plain"),
        ):
            with pytest.raises(Refused, match="reading only"):
                write()


def test_an_exchanged_key_is_told(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    (folder / "keys" / "ledger.key").write_text(Signer(ORIGIN, bytes(32)).text)
    with pytest.raises(Refused, match="not the public half"):
        opened(folder)
    (folder / "ledger.pub").write_text(Signer(ORIGIN, bytes(32)).verifier.text)
    with pytest.raises(Refused):
        opened(folder)


def test_a_reader_sees_what_a_writer_appends_meanwhile(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    with opened(folder, read_only=True) as reader, opened(folder) as writer:
        writer.append([a_record(9)], recorded_at=NOON)
        assert reader.size() == reader.head().size == 6
        assert reader.entry(5).record == a_record(9)


def test_a_ledger_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        opened(tmp_path)
    with pytest.raises(NotFound):
        opened(tmp_path, create=True, read_only=True)
    with pytest.raises(NotFound):
        verify_sqlite_ledger(tmp_path / "ledger.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_vanished_is_not_made_anew(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    (folder / "ledger.sqlite").unlink()
    with pytest.raises(Refused, match="is gone, though its checkpoint is here"):
        opened(folder, create=True)


def test_a_ledger_is_opened_by_its_own_name_only(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    for create in (False, True):
        with pytest.raises(Refused, match=r"is acme\.example/care/dev, not acme\.example/other"):
            open_ledger(folder / "ledger.sqlite", origin="acme.example/other", create=create)


def test_a_file_that_is_no_ledger_is_said_to_be_none(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    with closing(sqlite3.connect(tmp_path / "empty.sqlite")) as db:
        db.execute("CREATE TABLE x (y)")
    shutil.move(tmp_path / "empty.sqlite", folder / "ledger.sqlite")
    with pytest.raises(NotFound, match="holds no ledger"):
        opened(folder, read_only=True)
    (folder / "ledger.sqlite").write_bytes(b"something else entirely" * 100)
    for attempt in (lambda: opened(folder), lambda: verify_sqlite_ledger(folder / "ledger.sqlite")):
        with pytest.raises(CareloopError, match="damaged"):
            attempt()


def test_a_newer_layout_is_not_guessed_at(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    with an_intruder(folder) as db:
        db.execute("UPDATE meta SET value = '2' WHERE name = 'schema'")
    with pytest.raises(Refused, match="layout"):
        opened(folder)
