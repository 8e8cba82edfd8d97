"""The documents that `care init` writes: whatever the names are, they can be read again and nothing is wrong."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careloop.adapters.package_standards import PackageStandards
from careloop.checks.catalogue import Catalogue
from careloop.checks.run import check_tree
from careloop.documents.compile import compile_tree
from careloop.domain.organisation import Organisation
from careloop.domain.roles import Person, Roles
from careloop.errors import UsageError
from careloop.ports.workspace import Author
from careloop.testing.source_tree_builder import tree_of
from careloop.workflows.create.init_repository import parse_owner
from careloop.workflows.create.starter_documents import starter_documents

TODAY = date(2026, 3, 31)
ADA = Author("Ada Byron", "ada@harbour.example")
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=90).filter(lambda name: name.strip())
MAILS = st.from_regex(r"[^<>@\s]{1,9}@[^<>@\s]{1,9}", fullmatch=True, alphabet=st.characters(codec="ascii"))


@cache
def catalogue() -> Catalogue:
    return Catalogue(PackageStandards().read_all())


def read_again(name: str, owner: Author) -> tuple[str, Person]:
    """The name of the organisation and the person of the roles, as the documents give them back."""
    files = {path: text.encode() for path, text in starter_documents(name, owner, TODAY).items()}
    compiled = compile_tree(tree_of(files))
    assert not compiled.errors, compiled.errors
    organisation, roles = compiled.repository.only(Organisation), compiled.repository.only(Roles)
    assert organisation is not None
    assert roles is not None
    (person,) = roles.people
    assert {holder for post in roles.posts for holder in post.holders} == {person.id}
    return organisation.organisation.name, person


@given(NAMES, NAMES, MAILS)
def test_any_name_and_mail_come_back_as_they_were(name: str, who: str, mail: str) -> None:
    told, person = read_again(name, Author(who, mail))
    assert (told, person.name, person.mail) == (name.strip(), who.strip(), mail)


@settings(max_examples=10)
@given(NAMES, NAMES)
def test_nothing_is_wrong_with_them_on_the_day_they_are_written(name: str, who: str) -> None:
    files = {path: text.encode() for path, text in starter_documents(name, Author(who, ADA.mail), TODAY).items()}
    checked = check_tree(tree_of(files), catalogue(), TODAY)
    assert (checked.errors, checked.findings) == ((), ())


@pytest.mark.parametrize(
    ("name", "identity"),
    [("Null", "null"), ("123", "123"), ("Zoë Ångström", "zoe-angstrom"), ("日本", "owner"), ("x" * 200, "x" * 60)],
)
def test_the_id_of_a_person_is_made_of_the_plain_letters_of_the_name(name: str, identity: str) -> None:
    assert read_again("Harbour Books", Author(name, ADA.mail))[1].id == identity


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert read_again("Harbour \udcff Books", ADA)[0] == "Harbour \N{REPLACEMENT CHARACTER} Books"


@pytest.mark.parametrize(
    "owner",
    ["Ada", "<ada@harbour.example>", "Ada <ada>", "Ada <a@b> <c@d>", "Ada <a b@c>", "", "A\udcff <a@b.example>"],
)
def test_an_owner_is_a_name_and_a_mail_or_wrong_usage(owner: str) -> None:
    with pytest.raises(UsageError, match="does not name an owner"):
        parse_owner(owner)


def test_the_spaces_of_a_name_are_folded() -> None:
    assert parse_owner("  Ada\n  Byron < ada@harbour.example > ") == ADA
