"""The ledger of a repository: where it lies, what it is called, how it starts, and that git never takes it."""

from contextlib import closing
from pathlib import Path

import pytest

from careloop.adapters.local_ledger import (
    RemoteAccess,
    ledger_path,
    local_origin,
    open_local_ledger,
    verify_local_ledger,
    where_ledger_is,
)
from careloop.errors import NotFound, Refused, Unavailable
from careloop.ledger.note import Signer
from careloop.testing.contracts.ledger import NOON, a_record


def test_a_ledger_starts_as_one_for_development_and_says_so(tmp_path: Path) -> None:
    with closing(open_local_ledger(tmp_path, organisation="Acme Retail Group SE", create=True)) as ledger:
        assert ledger.origin == "acme-retail-group-se/care/dev"
    assert (tmp_path / ".care" / ".gitignore").read_bytes() == b"*\n"


def test_a_ledger_keeps_the_name_it_was_made_with(tmp_path: Path) -> None:
    with closing(open_local_ledger(tmp_path, organisation="Acme", create=True)) as ledger:
        ledger.append([a_record(1)], recorded_at=NOON)
    with closing(open_local_ledger(tmp_path, organisation="Renamed", create=True)) as ledger:
        assert (ledger.origin, ledger.size()) == ("acme/care/dev", 1)


def test_reading_a_ledger_that_nobody_started_starts_none(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no ledger"):
        open_local_ledger(tmp_path, read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_vanished_is_not_made_anew(tmp_path: Path) -> None:
    with closing(open_local_ledger(tmp_path, create=True)) as ledger:
        ledger.append([a_record(1)], recorded_at=NOON)
    (tmp_path / ".care" / "ledger.sqlite").unlink()
    with pytest.raises(Refused, match="is gone"):
        open_local_ledger(tmp_path, create=True)


def test_the_store_of_care_yaml_says_where_it_lies(tmp_path: Path) -> None:
    assert ledger_path(tmp_path, None) == tmp_path / ".care" / "ledger.sqlite"
    assert ledger_path(tmp_path, "sqlite:books/log.sqlite") == tmp_path / "books" / "log.sqlite"


@pytest.mark.parametrize("url", ["ftp://acme.example/ledger", "sqlite:", "ledger"])
def test_a_store_that_this_version_cannot_reach_is_out_of_reach(tmp_path: Path, url: str) -> None:
    with pytest.raises(Unavailable):
        ledger_path(tmp_path, url)
    with pytest.raises(Unavailable):
        open_local_ledger(tmp_path, url=url)


def test_a_secret_in_an_address_is_never_said(tmp_path: Path) -> None:
    url = "postgresql://care:open-sesame@db.acme.example/care?password=open-sesame"
    assert where_ledger_is(url) == "postgresql://db.acme.example/care"
    for attempt in (lambda: open_local_ledger(tmp_path, url=url), lambda: ledger_path(tmp_path, url)):
        with pytest.raises((NotFound, Unavailable)) as caught:
            attempt()
        assert "sesame" not in str(caught.value)


def test_a_server_is_believed_by_its_key_and_reached_by_a_token_over_tls_only(tmp_path: Path) -> None:
    url, key = "https://care.acme.example/api/v1/ledger", Signer("acme/care", bytes(32)).verifier.text
    with pytest.raises(Refused, match="without its public key"):
        open_local_ledger(tmp_path, url=url, remote=RemoteAccess(token="t"))
    with pytest.raises(Unavailable, match="asks for a token"):
        open_local_ledger(tmp_path, url=url, remote=RemoteAccess(key=key))
    with pytest.raises(Refused, match="without TLS"):
        open_local_ledger(tmp_path, url=url.replace("https", "http"), remote=RemoteAccess(token="t", key=key))
    with pytest.raises(Unavailable, match="verified where it lies"):
        verify_local_ledger(tmp_path, url)
    assert open_local_ledger(tmp_path, url=url, remote=RemoteAccess(token="t", key=key)).origin == "acme/care"
    assert "t" not in repr(RemoteAccess(token="t"))[-8:]


def test_a_folder_that_cannot_be_written_is_out_of_reach(tmp_path: Path) -> None:
    (tmp_path / ".care").write_text("a file where a folder belongs")
    with pytest.raises(Unavailable):
        open_local_ledger(tmp_path, create=True)


@pytest.mark.parametrize(
    ("name", "origin"), [("", "unnamed"), ("!!!", "unnamed"), ("Müller & Töchter", "muller-tochter")]
)
def test_any_organisation_gets_a_name_that_a_key_can_carry(name: str, origin: str) -> None:
    assert local_origin(name) == f"{origin}/care/dev"
