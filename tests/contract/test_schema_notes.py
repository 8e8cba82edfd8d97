"""Counts of what was sent are kept by hour and declaration, whatever threads, processes and disk do (R43)."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from careloop.adapters.sqlite_schema_notes import SqliteSchemaNotes
from careloop.errors import Unavailable
from careloop.ports.schema_notes import SchemaNotes
from careloop.testing.contracts.schema_notes import SchemaNotesContract, a_tally
from careloop.testing.schema_notes_fake import SchemaNotesFake


class TestFake(SchemaNotesContract):
    def make_notes(self) -> SchemaNotes:
        return SchemaNotesFake()


class TestSqlite(SchemaNotesContract):
    @pytest.fixture(autouse=True)
    def _a_folder(self, tmp_path: Path) -> None:
        self._path = tmp_path / "lake" / "schema.sqlite"

    def make_notes(self) -> SchemaNotes:
        return SqliteSchemaNotes(self._path)

    def test_threads_and_writers_add_up(self) -> None:
        writers = [SqliteSchemaNotes(self._path) for _ in range(3)]
        threads = [threading.Thread(target=lambda w=one: [w.note([a_tally()]) for _ in range(20)]) for one in writers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for one in writers:
            one.flush()
        (found,) = SqliteSchemaNotes(self._path).tallies()
        assert found.rows == 10 * 3 * 20

    def test_many_names_are_kept_as_a_hundred_and_the_others(self) -> None:
        notes = SqliteSchemaNotes(self._path)
        notes.note([a_tally(undeclared={f"x{n}": 1}) for n in range(250)])
        (found,) = notes.tallies()
        assert len(found.undeclared) == 101
        assert found.undeclared["(others)"] == 150

    def test_what_cannot_be_written_now_is_written_later_and_nobody_is_stopped(self) -> None:
        self._path.parent.write_bytes(b"no folder")
        notes = SqliteSchemaNotes(self._path)
        notes.note([a_tally()])
        self._path.parent.unlink()
        notes.note([a_tally()])
        assert [tally.rows for tally in notes.tallies()] == [20]

    def test_what_is_older_than_five_weeks_goes(self) -> None:
        notes = SqliteSchemaNotes(self._path)
        notes.note([a_tally()])
        notes.note([a_tally(hours=24 * 36)])
        assert [tally.hour for tally in notes.tallies()] == [a_tally(hours=24 * 36).hour]

    def test_a_file_that_is_none_is_unavailable_to_readers(self) -> None:
        self._path.parent.mkdir(parents=True)
        self._path.write_bytes(b"no database" * 100)
        with pytest.raises(Unavailable, match="cannot be read"):
            self.make_notes().tallies()
