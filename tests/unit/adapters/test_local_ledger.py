"""The ledger of a repository: where it lies, what it is called, how it starts, and that git never takes it."""

from pathlib import Path

import pytest

from careloop.adapters.local_ledger import ledger_path, local_origin, open_local_ledger
from careloop.errors import NotFound, Refused, Unavailable
from careloop.testing.contracts.ledger import NOON, a_record


def test_a_ledger_starts_as_one_for_development_and_says_so(tmp_path: Path) -> None:
    with open_local_ledger(tmp_path, organisation="Acme Retail Group SE", create=True) as ledger:
        assert ledger.origin == "acme-retail-group-se/care/dev"
    assert (tmp_path / ".care" / ".gitignore").read_bytes() == b"*\n"


def test_a_ledger_keeps_the_name_it_was_made_with(tmp_path: Path) -> None:
    with open_local_ledger(tmp_path, organisation="Acme", create=True) as ledger:
        ledger.append([a_record(1)], recorded_at=NOON)
    with open_local_ledger(tmp_path, organisation="Renamed", create=True) as ledger:
        assert (ledger.origin, ledger.size()) == ("acme/care/dev", 1)


def test_reading_a_ledger_that_nobody_started_starts_none(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no ledger"):
        open_local_ledger(tmp_path, read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_vanished_is_not_made_anew(tmp_path: Path) -> None:
    with open_local_ledger(tmp_path, create=True) as ledger:
        ledger.append([a_record(1)], recorded_at=NOON)
    (tmp_path / ".care" / "ledger.sqlite").unlink()
    with pytest.raises(Refused, match="is gone"):
        open_local_ledger(tmp_path, create=True)


def test_the_store_of_care_yaml_says_where_it_lies(tmp_path: Path) -> None:
    assert ledger_path(tmp_path, None) == tmp_path / ".care" / "ledger.sqlite"
    assert ledger_path(tmp_path, "sqlite:books/log.sqlite") == tmp_path / "books" / "log.sqlite"


@pytest.mark.parametrize("url", ["https://acme.example/api/v1/ledger", "postgresql://db/care", "sqlite:", "ledger"])
def test_a_store_that_this_version_cannot_reach_is_out_of_reach(tmp_path: Path, url: str) -> None:
    with pytest.raises(Unavailable):
        ledger_path(tmp_path, url)


def test_a_folder_that_cannot_be_written_is_out_of_reach(tmp_path: Path) -> None:
    (tmp_path / ".care").write_text("a file where a folder belongs")
    with pytest.raises(Unavailable):
        open_local_ledger(tmp_path, create=True)


@pytest.mark.parametrize(
    ("name", "origin"), [("", "unnamed"), ("!!!", "unnamed"), ("Müller & Töchter", "muller-tochter")]
)
def test_any_organisation_gets_a_name_that_a_key_can_carry(name: str, origin: str) -> None:
    assert local_origin(name) == f"{origin}/care/dev"
