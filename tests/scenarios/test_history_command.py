"""R9: what was in force on a day can be had again: version, who approved, review, commit, and how that is known."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from change_rooms import Firm

from careloop import wiring
from careloop.adapters.local_ledger import open_local_ledger
from careloop.ports.ledger import Actor, ActorKind, Record

POLICY = "policies/ai-policy.md"


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """Version 1 since 10 March; version 2 made on 20 March, merged by its owner on the 21st."""
    made = Firm(tmp_path)
    made.git("commit", "-q", "--amend", "--no-edit", at="2026-03-10T12:00:00Z")
    made.branch()
    made.edit(
        POLICY, "reviewed: 2026-03-02", 'version: "2"\napproved: {by: director, on: 2026-03-19}\nreviewed: 2026-03-19'
    )
    made.commit("cara-diaz", "Version 2", at="2026-03-20T12:00:00Z")
    made.git("checkout", "-q", "main")
    made.git(*made.signing("ada-byron"), "merge", "-q", "--no-ff", "-S", "-m", "In", "topic", at="2026-03-21T12:00:00Z")
    return made


def test_the_day_before_a_merge_the_old_version_was_in_force(firm: Firm) -> None:
    said = firm.care("history", POLICY, "--on", "2026-03-20", "--format", "json").json
    assert said["in_force_by"] == "history"
    assert [(one["path"], one["version"], one["reviewed"]) for one in said["documents"]] == [
        (POLICY, "1", "2026-03-02")
    ]
    assert said["documents"][0]["signed"] == []


def test_from_the_day_of_the_merge_the_new_one_was_with_the_owner_who_approved_it(firm: Firm) -> None:
    said = firm.care("history", POLICY, "--on", "2026-03-21", "--format", "json").json
    (one,) = said["documents"]
    assert (one["version"], one["reviewed"], one["review_due"]) == ("2", "2026-03-19", "2027-03-14")
    assert one["approved"] == {"by": "director", "on": "2026-03-19"}
    assert one["commit"] == said["commit"] == firm.git("rev-parse", "main")
    assert one["signed"] == [{"person": "ada-byron", "commit": one["commit"], "how": "merge"}]
    assert one["since"] == "2026-03-21T12:00:00Z"
    text = firm.care("history", POLICY, "--on", "2026-03-21").out
    assert "by the line of first parents, for no policy.in_force entry says otherwise" in text
    assert "signed by ada-byron (merge" in text


def test_an_entry_of_the_ledger_wins_over_the_branch(firm: Firm) -> None:
    first = firm.git("rev-parse", "main~1")
    at = datetime(2026, 3, 22, tzinfo=UTC)
    actor = Actor(iss="care", sub="ada-byron", kind=ActorKind.PERSON)
    record = Record(id=wiring.new_id(at), type="policy.in_force", actor=actor, occurred_at=at, data={"commit": first})
    ledger = open_local_ledger(firm.root, url=None, organisation="Harbour Books", create=True, read_only=False)
    ledger.append([record], recorded_at=at)
    ledger.close()
    said = firm.care("history", POLICY, "--on", "2026-03-23", "--format", "json").json
    assert (said["in_force_by"], said["commit"]) == ("ledger", first)
    assert said["documents"][0]["version"] == "1"
    assert "by the ledger's last policy.in_force entry" in firm.care("history", POLICY, "--on", "2026-03-23").out


def test_every_version_of_a_document_is_listed_newest_first(firm: Firm) -> None:
    said = firm.care("history", POLICY, "--format", "json").json
    assert [one["version"] for one in said["documents"]] == ["2", "1"]
    assert len(firm.care("history", POLICY, "--last", "1", "--format", "json").json["documents"]) == 1


def test_a_folder_or_everything_can_be_asked_for_on_a_day(firm: Firm) -> None:
    folder = firm.care("history", "systems", "--on", "2026-03-21", "--format", "json").json
    assert {one["kind"] for one in folder["documents"]} == {"system", "monitors"}
    everything = firm.care("history", "--on", "2026-03-21", "--format", "json").json
    assert {POLICY, "care.yaml", "roles.yaml"} <= {one["path"] for one in everything["documents"]}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "neither a document nor a day"),
        (("--on", "2020-01-01"), "nothing was in force on 2020-01-01"),
        (("--on", "2999-01-01"), "still to come"),
        (("--on", "soon"), "neither a day nor an instant"),
        (("nothing.md",), "no commit ever brought nothing.md"),
        (("nothing.md", "--on", "2026-03-21"), "there was no document nothing.md"),
    ],
)
def test_a_question_without_an_answer_says_so_with_exit_2(firm: Firm, words: tuple[str, ...], says: str) -> None:
    said = firm.care("history", *words)
    assert said.code == 2
    assert says in said.out
