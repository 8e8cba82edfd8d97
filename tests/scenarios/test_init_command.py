"""`care init` off a terminal: it asks nobody, names an owner, passes its own check and overwrites nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from care_rooms import Said, care
from dulwich.repo import Repo

from careloop.testing.git_folder import GitFolder

ADA = "Ada Byron <ada@harbour.example>"


def started(at: Path, *arguments: object) -> Said:
    """A new repository in `aims`, which has to come about."""
    told = care("init", "aims", *arguments, at=at)
    assert told.code == 0, told.err
    return told


def people(at: Path) -> list[dict[str, str]]:
    """Who is named in the new repository's roles."""
    roles = yaml.safe_load((at / "aims" / "roles.yaml").read_text())
    assert {holder for post in roles["posts"] for holder in post["holders"]} == {roles["people"][0]["id"]}
    return list(roles["people"])


def git_says(at: Path, config: bytes) -> None:
    """Give the person who runs `care` a git configuration."""
    (at / ".home").mkdir(exist_ok=True)
    (at / ".home" / ".gitconfig").write_bytes(config)


def commits(folder: Path) -> list[tuple[bytes, bytes]]:
    """Author and message of each commit."""
    with Repo(str(folder)) as repo:
        return [(entry.commit.author, entry.commit.message) for entry in repo.get_walker()]


def test_a_new_repository_passes_its_check_and_says_what_to_do_next(tmp_path: Path) -> None:
    told = started(tmp_path, "--owner", ADA)
    checked = care("check", "aims", at=tmp_path)
    assert (checked.code, checked.err) == (0, "")
    assert checked.out.startswith("nothing to mend in 4 documents")
    assert "care check aims" in told.out
    assert "care status aims" in told.out
    assert "Who holds all posts" not in told.out + told.err
    assert "\x1b" not in told.out


def test_it_makes_one_commit_by_its_owner_that_holds_everything(tmp_path: Path) -> None:
    started(tmp_path, "--owner", ADA)
    assert commits(tmp_path / "aims") == [(ADA.encode(), b"Start the AI management system")]
    answer = care("check", "aims", "--format", "json", at=tmp_path).answer
    assert (len(answer["commit"]), answer["dirty"]) == (40, False)


def test_its_gaps_are_missing_in_status_and_no_findings(tmp_path: Path) -> None:
    started(tmp_path)
    rows = care("status", "aims", "--format", "json", at=tmp_path).answer["requirements"]
    assert "missing" in {row["status"] for row in rows}
    assert care("status", "aims", "--fail-on", "missing", at=tmp_path).code == 1


# --- who holds the posts ----------------------------------------------------------------------------------------------


def test_the_owner_that_is_named_goes_before_what_git_says(tmp_path: Path) -> None:
    git_says(tmp_path, b"[user]\n\tname = Ben Okri\n\temail = ben@harbour.example\n")
    started(tmp_path, "--owner", ADA)
    assert people(tmp_path) == [{"id": "ada-byron", "name": "Ada Byron", "mail": "ada@harbour.example"}]


def test_without_a_name_it_is_who_git_says(tmp_path: Path) -> None:
    git_says(tmp_path, b"[user]\n\tname = Ben Okri\n\temail = ben@harbour.example\n")
    assert "Ben Okri holds all posts" in started(tmp_path).out
    assert people(tmp_path) == [{"id": "ben-okri", "name": "Ben Okri", "mail": "ben@harbour.example"}]


@pytest.mark.parametrize(
    "config",
    [
        None,
        b"[user]\n\tname = Ben\n\temail = not a mail: {x\n",
    ],
)
def test_where_git_names_nobody_all_posts_are_unassigned(tmp_path: Path, config: bytes | None) -> None:
    if config is not None:
        git_says(tmp_path, config)
    assert "all posts are held by 'unassigned'" in started(tmp_path).out
    assert [person["id"] for person in people(tmp_path)] == ["unassigned"]
    assert care("check", "aims", at=tmp_path).code == 0


def test_a_git_configuration_that_cannot_be_read_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    git_says(tmp_path, b"[user\n\tname = Ben\n")
    told = care("init", "aims", at=tmp_path)
    assert told.code == 2
    assert told.err.startswith("error: the git configuration cannot be read")
    assert not (tmp_path / "aims").exists()


@pytest.mark.parametrize("owner", ["Ada", "Ada <ada>", " "])
def test_an_owner_that_is_no_name_and_mail_is_wrong_usage_and_nothing_is_written(tmp_path: Path, owner: str) -> None:
    told = care("init", "aims", "--owner", owner, at=tmp_path)
    assert (told.code, told.out) == (2, "")
    assert told.err.endswith("next: write it like --owner 'Ada Byron <ada@example.org>'\n")
    assert not (tmp_path / "aims").exists()


# --- odd names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Byron \"& Sons\": books # and 'more' \\ {all}", None),
        ("  two\nlines\tand a bell \a  ", "two\nlines\tand a bell \a"),
    ],
)
def test_an_odd_name_of_the_organisation_survives(tmp_path: Path, name: str, kept: str | None) -> None:
    started(tmp_path, "--name", name)
    told = yaml.safe_load((tmp_path / "aims" / "care.yaml").read_text(encoding="utf-8"))
    assert told["organisation"]["name"] == (kept or name)
    assert care("check", "aims", at=tmp_path).code == 0


@pytest.mark.parametrize(
    ("owner", "person"),
    [
        ('O\'Hara: "Z" # <a,b@x.example>', {"id": "o-hara-z", "name": 'O\'Hara: "Z" #', "mail": "a,b@x.example"}),
        ("Zoë\n Ångström <z@x.example>", {"id": "zoe-angstrom", "name": "Zoë Ångström", "mail": "z@x.example"}),
    ],
)
def test_an_odd_name_of_the_owner_survives(tmp_path: Path, owner: str, person: dict[str, str]) -> None:
    started(tmp_path, "--owner", owner)
    assert people(tmp_path) == [person]
    assert care("check", "aims", at=tmp_path).code == 0


@pytest.mark.parametrize("given", [(), ("--name", "  ")])
def test_without_a_name_the_folder_gives_it(tmp_path: Path, given: tuple[str, ...]) -> None:
    started(tmp_path, *given)
    assert 'name: "aims"' in (tmp_path / "aims" / "care.yaml").read_text()


# --- what was there before --------------------------------------------------------------------------------------------


def test_a_governance_repository_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    started(tmp_path, "--owner", ADA)
    before = {path: path.read_bytes() for path in (tmp_path / "aims").rglob("*") if path.is_file()}
    told = care("init", "aims", "--owner", "Ben <ben@x.example>", at=tmp_path)
    assert (told.code, told.out) == (1, "")
    assert "is a governance repository already\n  next: run `care check " in told.err
    assert {path: path.read_bytes() for path in (tmp_path / "aims").rglob("*") if path.is_file()} == before


def test_files_that_were_there_are_kept_and_told(tmp_path: Path) -> None:
    (tmp_path / "aims").mkdir()
    (tmp_path / "aims" / ".gitignore").write_text("mine\n")
    told = started(tmp_path, "--owner", ADA)
    assert "kept  aims/.gitignore (was there before)" in told.out
    assert (tmp_path / "aims" / ".gitignore").read_text() == "mine\n"


def test_inside_a_git_repository_the_files_are_written_and_the_person_commits(tmp_path: Path) -> None:
    product = GitFolder(tmp_path / "product")
    told = care("init", "product/governance", "--owner", ADA, at=tmp_path)
    assert told.code == 0
    assert "commit them yourself" in told.out
    assert (product.root / "governance" / "care.yaml").is_file()
    assert not (product.root / "governance" / ".git").exists()
    assert care("check", "product/governance", "--format", "json", at=tmp_path).answer["commit"] is None
    assert care("check", "product/governance", at=tmp_path).code == 0


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "aims").write_text("a file\n")
    told = care("init", "aims", at=tmp_path)
    assert (told.code, told.out) == (1, "")
    assert "cannot be written" in told.err
    assert (tmp_path / "aims").read_text() == "a file\n"
