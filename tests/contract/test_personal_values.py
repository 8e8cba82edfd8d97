"""Every store of personal values keeps the promises of the port; on disk, nothing of what was erased is left (R51)."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from careloop.adapters.sqlite_personal_values import SqlitePersonalValues
from careloop.errors import Refused, Unavailable
from careloop.ledger.disclosure import commit
from careloop.ports.personal_values import PersonalValues
from careloop.testing.contracts.personal_values import JANE, PersonalValuesContract
from careloop.testing.personal_values_fake import PersonalValuesFake

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
