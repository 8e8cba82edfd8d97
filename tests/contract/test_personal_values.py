"""Every store of personal values keeps the promises of the port; on disk, nothing of what was erased is left (R51)."""

from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import psycopg
import pytest

from careloop.adapters.postgres_personal_values import PostgresPersonalValues
from careloop.adapters.sqlite_personal_values import SqlitePersonalValues
from careloop.errors import InvalidInput, Refused, Unavailable
from careloop.ledger.disclosure import commit
from careloop.ports.personal_values import PersonalValues
from careloop.testing.contracts.personal_values import JANE, PersonalValuesContract
from careloop.testing.personal_values_fake import PersonalValuesFake
from careloop.testing.postgres_server import PostgresServer

MANY = [commit("customer", f"Jane Doe the {n}th of her name", salt=n.to_bytes(16)) for n in range(400)]


class TestPersonalValuesFake(PersonalValuesContract):
    def make_values(self) -> PersonalValues:
        return PersonalValuesFake()

    def test_out_of_reach_means_unavailable(self) -> None:
        values = PersonalValuesFake()
        values.out_of_reach = True
        with pytest.raises(Unavailable):
            values.find(JANE.commitment)


class TestSqlitePersonalValues(PersonalValuesContract):
    @pytest.fixture(autouse=True)
    def _a_folder(self, tmp_path: Path) -> None:
        self._files: Iterator[Path] = (tmp_path / f"{n}.sqlite" for n in count())

    def make_values(self) -> PersonalValues:
        return SqlitePersonalValues(next(self._files))


class TestPostgresPersonalValues(PersonalValuesContract):
    @pytest.fixture(autouse=True)
    def _a_server(self, postgres: PostgresServer) -> None:
        self._server = postgres

    def make_values(self) -> PersonalValues:
        return PostgresPersonalValues(self._server.new_database())


def test_what_is_erased_in_postgresql_stands_in_no_file_of_its_table(postgres: PostgresServer) -> None:
    """`pageinspect` would show dead rows; without it, the table's own file is read after a checkpoint."""
    url = postgres.new_database()
    with closing(PostgresPersonalValues(url)) as values, psycopg.connect(url, autocommit=True) as db:

        def found_in_file() -> int:
            db.execute("CHECKPOINT")
            asked = "SELECT pg_read_binary_file(pg_relation_filepath('care_personal.personal'))"
            return bytes(db.execute(asked).fetchone()[0]).count(b"Jane Doe the")  # type: ignore[index]

        values.keep([one.line for one in MANY])
        assert found_in_file() == len(MANY)
        assert values.erase([one.commitment for one in MANY[1:]]) == len(MANY) - 1
        assert found_in_file() == 1
        db.execute("UPDATE care_personal.personal SET line = 'altered'")
        with pytest.raises((Refused, InvalidInput)):
            values.find(MANY[0].commitment)


def test_a_database_that_is_away_is_said_without_its_password() -> None:
    with pytest.raises(Unavailable) as told:
        PostgresPersonalValues("postgresql://ada:secret@127.0.0.1:9/nowhere")
    assert "secret" not in told.value.message


def test_no_byte_of_an_erased_value_is_left_in_any_file(tmp_path: Path) -> None:
    values = SqlitePersonalValues(tmp_path / "personal.sqlite")
    values.keep([one.line for one in MANY])
    assert any(b"Jane Doe" in path.read_bytes() for path in tmp_path.iterdir())
    assert values.erase([one.commitment for one in MANY]) == 400
    left = {path.name: path.read_bytes().count(b"Jane Doe") for path in tmp_path.iterdir()}
    assert set(left.values()) == {0}
    values.close()
    assert sum(path.read_bytes().count(b"of her name") for path in tmp_path.iterdir()) == 0


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    SqlitePersonalValues(tmp_path / "personal.sqlite").close()
    assert (tmp_path / "personal.sqlite").stat().st_mode & 0o077 == 0


def test_a_value_that_was_altered_is_not_handed_out(tmp_path: Path) -> None:
    values = SqlitePersonalValues(tmp_path / "personal.sqlite")
    values.keep([JANE.line])
    values.close()
    file = tmp_path / "personal.sqlite"
    file.write_bytes(file.read_bytes().replace(b"Jane Doe", b"Anne Doe"))
    with pytest.raises(Refused, match="altered"):
        SqlitePersonalValues(file).find(JANE.commitment)
