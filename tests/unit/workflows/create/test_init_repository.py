"""Starting a governance repository: what is written passes its own check, whatever and whoever it is called."""

from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.checks.run import check_tree
from careloop.documents.compile import compile_tree
from careloop.domain.organisation import Organisation
from careloop.domain.roles import Roles
from careloop.domain.source_tree import SourceTree
from careloop.errors import Conflict, UsageError
from careloop.ports.workspace import Author
from careloop.testing.source_tree_builder import tree_of
from careloop.testing.workspace_fake import WorkspaceFake
from careloop.workflows.create.init_repository import UNASSIGNED, init_repository, parse_owner

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADA = Author("Ada Byron", "ada@harbour.example")


@cache
def catalogue() -> Catalogue:
    return Catalogue(wiring.standards_library().read_all())


def started(name: str, owner: Author | None, *, workspace: WorkspaceFake | None = None) -> SourceTree:
    """The documents of a fresh repository."""
    place = workspace or WorkspaceFake()
    init_repository(place, name=name, owner=owner, now=NOW)
    return tree_of({path: text.encode() for path, text in place.files.items() if not path.startswith(".")})


def the_roles(tree: SourceTree) -> Roles:
    roles = compile_tree(tree).repository.only(Roles)
    assert roles is not None
    return roles


_NAMES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            'Say "Cheese"',
            "Ende: Anfang",
            "# 1",
            "日本",
            "x" * 300,
            "a\nb",
            "yes",
            "{a}",
            "C:\\x",
            "\x1b[31m",
            "\udcff",
            " ",
        ]
    ),
)
_MAILS = st.one_of(
    st.emails(), st.sampled_from(["", "root", "a,b@c", "a}b@c", "a: b@c", '"a b"@c', "@", "a@b@c", "#a@b", "é@ü"])
)


@given(_NAMES, _NAMES, _MAILS)
def test_what_is_written_passes_its_own_check_whatever_it_is_called(name: str, person: str, mail: str) -> None:
    tree = started(name, Author(person, mail))
    checked = check_tree(tree, catalogue())
    assert (checked.errors, checked.findings) == ((), ())
    organisation = compile_tree(tree).repository.only(Organisation)
    assert organisation is not None
    readable = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in name).strip()
    assert organisation.organisation.name == (readable or "Unnamed organisation")


def test_one_named_owner_holds_every_post() -> None:
    roles = the_roles(started("Harbour Books", ADA))
    assert [(person.id, person.name, person.mail) for person in roles.people] == [
        ("ada-byron", "Ada Byron", "ada@harbour.example")
    ]
    assert {post.holders for post in roles.posts} == {("ada-byron",)}


@pytest.mark.parametrize(
    ("given_owner", "git", "holder"),
    [(ADA, Author("Git", "g@x"), "Ada Byron"), (None, Author("Git", "g@x"), "Git"), (None, None, UNASSIGNED.name)],
)
def test_the_owner_is_the_one_named_else_as_git_says_else_unassigned(
    given_owner: Author | None, git: Author | None, holder: str
) -> None:
    workspace = WorkspaceFake(author=git)
    made = init_repository(workspace, name="Harbour Books", owner=given_owner, now=NOW)
    assert made.owner.name == holder
    assert workspace.commits[0][0].name == holder


def test_its_gaps_are_missing_in_status_and_not_findings() -> None:
    tree = started("Harbour Books", ADA)
    assert "controls.yaml" not in tree.files
    assert check_tree(tree, catalogue(), NOW.date()).findings == ()


def test_what_is_there_already_is_kept_or_refused() -> None:
    kept = WorkspaceFake(files={"roles.yaml": "mine\n"})
    assert init_repository(kept, name="Harbour Books", owner=ADA, now=NOW).repository.kept == ("roles.yaml",)
    assert kept.files["roles.yaml"] == "mine\n"
    with pytest.raises(Conflict):
        init_repository(WorkspaceFake(files={"care.yaml": "mine\n"}), name="Harbour Books", owner=ADA, now=NOW)


@pytest.mark.parametrize(
    ("text", "name", "mail"),
    [("Ada Byron <ada@x.example>", "Ada Byron", "ada@x.example"), ("  O'Brien, K. < k@x > ", "O'Brien, K.", "k@x")],
)
def test_an_owner_is_a_name_and_a_mail_address(text: str, name: str, mail: str) -> None:
    assert parse_owner(text) == Author(name, mail)


@pytest.mark.parametrize("text", ["", "Ada", "<ada@x>", "ada@x", "Ada <ada>", "Ada <a@b> x", "Ada <<a@b>>"])
def test_anything_else_is_wrong_usage_and_shows_how(text: str) -> None:
    with pytest.raises(UsageError) as told:
        parse_owner(text)
    assert told.value.hint is not None
    assert "--owner 'Ada Byron <" in told.value.hint
