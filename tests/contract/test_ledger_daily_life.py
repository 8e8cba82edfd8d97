"""The SQLite ledger in daily life: moved, shared, exported, with types of one's own, and a full anchor disk."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from ledger_rooms import ORIGIN, filled, opened, problems

from care_verify.export import verify_export
from care_verify.notes import read_key
from careloop.adapters.ledger_export import export_ledger
from careloop.adapters.sqlite_ledger import open_ledger
from careloop.errors import Conflict, InvalidInput, Unavailable
from careloop.testing.contracts.ledger import NOON, a_record


def test_a_ledger_works_after_it_was_moved(tmp_path: Path) -> None:
    filled(tmp_path / "here")
    moved = shutil.copytree(tmp_path / "here", tmp_path / "there")
    with opened(moved) as ledger:
        ledger.append([a_record(9)], recorded_at=NOON)
    assert problems(moved) == ()


def test_one_callers_conflict_does_not_disturb_another(tmp_path: Path) -> None:
    with opened(filled(tmp_path)) as ledger:
        with pytest.raises(Conflict):
            ledger.append([replace(a_record(0), controls=())], recorded_at=NOON)
        assert ledger.append([a_record(9)], recorded_at=NOON)[0].index == 5


def test_an_anchor_that_cannot_be_written_is_said_and_the_record_is_not_repeated(tmp_path: Path) -> None:
    folder = filled(tmp_path / "care")
    away = tmp_path / "disk" / "anchor"
    away.parent.mkdir()
    shutil.copy(folder / "anchor", away)
    with open_ledger(folder / "ledger.sqlite", origin=ORIGIN, anchor=away) as ledger:
        shutil.rmtree(away.parent)
        with pytest.raises(Unavailable, match="cannot be written"):
            ledger.append([a_record(9)], recorded_at=NOON)
        away.parent.mkdir()
        assert ledger.append([a_record(9)], recorded_at=NOON)[0].index == 5
        assert ledger.size() == 6
    assert b"\n6\n" in away.read_bytes()


def test_an_export_is_the_same_bytes_each_time_and_proves_itself(tmp_path: Path) -> None:
    with opened(filled(tmp_path)) as ledger:
        head = export_ledger(ledger, tmp_path / "one.zip")
        export_ledger(ledger, tmp_path / "two.zip")
        key = read_key(ledger.key)
    content = (tmp_path / "one.zip").read_bytes()
    found = verify_export(content, trust=key)
    assert content == (tmp_path / "two.zip").read_bytes()
    assert (found.sound, found.headline, len(found.records)) == (True, "authentic", 5)
    assert found.checkpoint is not None
    assert (found.checkpoint.size, found.checkpoint.root) == (head.size, head.root)


def test_a_type_of_ones_own_can_be_appended_once_it_is_registered(tmp_path: Path) -> None:
    with opened(tmp_path, create=True) as ledger:
        record = replace(a_record(1), type="acme.audit")
        with pytest.raises(InvalidInput, match="type:"):
            ledger.append([record], recorded_at=NOON)
        ledger.types = {**ledger.types, "acme.audit": replace(ledger.types["attestation"], required=frozenset())}
        assert ledger.append([record], recorded_at=NOON)[0].index == 0
