"""`care check` as CI and a person run it: what a change is blamed for, deadlines on a day, and how it ends."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from care_rooms import FIRST_DAY, a_folder, a_repository, care

from careloop.testing.git_folder import GitFolder
from careloop.testing.source_tree_builder import Files, edited, small_repository, with_file

ROOT = Path(__file__).parents[2]
FINDER = "systems/book-finder/system.yaml"
CARD = "systems/credit-decision/card.md"
LATER = FIRST_DAY + timedelta(days=3)


def acme() -> Files:
    """Acme's documents."""
    folder = ROOT / "examples" / "acme"
    found = (path for path in folder.rglob("*") if path.suffix in (".yaml", ".md") and path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def without_a_card() -> Files:
    """The bookshop with its system in design, where all is as it should be but for the model card."""
    uses = "lifecycle: design\nintended_use:\n  - {id: next-book, purpose: Suggest the next book, roles: [reader]}"
    files = edited(small_repository(), FINDER, "lifecycle: inception", uses)
    signed = "kind: screening\nid: first\nsystem: book-finder\nby: ada-byron\non: 2026-03-02\n"
    signed += "triggered: false\nreasons: [It only suggests.]\n"
    return with_file(files, "systems/book-finder/impact/screening-2026.yaml", signed)


def finding_of_the_card(at: Path, *arguments: object) -> dict[str, object]:
    """The finding that says the card is missing."""
    (found,) = [
        one
        for one in care("check", *arguments, "--format", "json", at=at).answer["findings"]
        if one["rule"] == "card-present"
    ]
    return dict(found)


def with_an_old_finding(folder: Path) -> GitFolder:
    """The bookshop in git, broken by its first commit."""
    return a_repository(folder / "shop", without_a_card())


# --- what a change is blamed for --------------------------------------------------------------------------------------


def test_a_finding_that_was_there_before_is_greyed_and_fails_nobody(tmp_path: Path) -> None:
    shop = with_an_old_finding(tmp_path)
    shop.write(
        "policies/charter.md", small_repository()["policies/ai-policy.md"].replace(b"id: ai-policy", b"id: charter")
    )
    shop.commit(LATER)
    told = care("check", "shop", "--diff", "HEAD~1..HEAD", at=tmp_path)
    assert told.code == 0, told.out
    assert f"{FINDER}:" in told.out
    assert "must (was there before)  Every system from design to retirement has a model card." in told.out
    assert "mend: write systems/<id>/card.md" not in told.out, "a greyed finding asks nobody for anything"
    assert care("check", "shop", at=tmp_path).code == 1, "without a range it blocks as ever"


def test_a_finding_that_the_change_brings_fails_it(tmp_path: Path) -> None:
    shop = a_repository(tmp_path / "shop")
    shop.write(FINDER, without_a_card()[FINDER])
    shop.commit(LATER)
    told = care("check", "shop", "--diff", "HEAD~1..HEAD", at=tmp_path)
    assert told.code == 1
    assert "[card-present]" in told.out
    assert "was there before" not in told.out
    assert finding_of_the_card(tmp_path, "shop", "--diff", "HEAD~1..HEAD")["introduced"] is True


def test_touching_the_file_of_an_old_finding_makes_it_the_changes_own(tmp_path: Path) -> None:
    shop = with_an_old_finding(tmp_path)
    shop.write(FINDER, without_a_card()[FINDER].replace(b"Suggests the next book.", b"Suggests a book."))
    shop.commit(LATER)
    found = finding_of_the_card(tmp_path, "shop", "--diff", "HEAD~1..HEAD")
    assert (found["introduced"], found["blocking"]) == (True, True)
    assert care("check", "shop", "--diff", "HEAD~1..HEAD", at=tmp_path).code == 1


def test_a_card_that_the_change_deletes_is_missing(tmp_path: Path) -> None:
    repository = a_repository(tmp_path / "acme", acme())
    assert care("check", "acme", at=tmp_path).code == 0
    repository.delete(CARD)
    repository.commit(LATER)
    told = care("check", "acme", "--diff", "HEAD~1..HEAD", at=tmp_path)
    assert told.code == 1
    assert "systems/credit-decision/system.yaml:1:1  must  " in told.out
    found = finding_of_the_card(tmp_path, "acme", "--diff", "HEAD~1..HEAD")
    assert (found["subject"], found["introduced"]) == ("credit-decision", True)


def test_one_revision_is_compared_with_the_work_tree(tmp_path: Path) -> None:
    shop = a_repository(tmp_path / "shop")
    assert care("check", "shop", "--diff", "HEAD", at=tmp_path).code == 0
    shop.write(FINDER, without_a_card()[FINDER])
    answer = care("check", "shop", "--diff", "HEAD", "--format", "json", at=tmp_path).answer
    assert (answer["summary"]["exit_code"], answer["dirty"]) == (1, True)
    assert care("check", "shop", "--diff", "HEAD..HEAD", at=tmp_path).code == 0, "what is not committed is no commit's"


def test_a_range_is_read_from_its_commits_and_not_from_the_folder(tmp_path: Path) -> None:
    shop = a_repository(tmp_path / "shop")
    shop.write(FINDER, without_a_card()[FINDER])
    broken = shop.commit(LATER)
    shop.write(FINDER, b"id: [")
    answer = care("check", "shop", "--diff", f"HEAD~1..{broken[:10]}", "--format", "json", at=tmp_path).answer
    assert (answer["commit"], answer["dirty"], answer["errors"]) == (broken, False, [])


def test_what_cannot_be_read_counts_although_the_change_did_not_touch_it(tmp_path: Path) -> None:
    shop = a_repository(tmp_path / "shop", with_file(small_repository(), "risk/criteria.yaml", "owner: [\n"))
    shop.write("README.md", b"words")
    shop.commit(LATER)
    assert care("check", "shop", "--diff", "HEAD~1..HEAD", at=tmp_path).code == 2


def test_a_range_in_a_repository_inside_a_larger_one_sees_only_its_own_files(tmp_path: Path) -> None:
    whole = GitFolder(tmp_path / "product", inside="governance")
    a_folder(whole.folder)
    whole.commit(FIRST_DAY)
    (whole.root / "main.py").write_bytes(b"print('a shop')\n")
    whole.commit(LATER)
    answer = care("check", "product/governance", "--diff", "HEAD~1..HEAD", "--format", "json", at=tmp_path).answer
    assert (answer["findings"], answer["summary"]["documents"]) == ([], len(small_repository()))


@pytest.mark.parametrize("given", ["nonesuch..HEAD", "HEAD~9..HEAD"])
def test_a_revision_that_is_not_there_is_told_with_a_way_out(tmp_path: Path, given: str) -> None:
    a_repository(tmp_path / "shop")
    told = care("check", "shop", "--diff", given, at=tmp_path)
    assert (told.code, told.out) == (2, "")
    missing = "HEAD~9" if "~9" in given else "nonesuch"
    assert told.err.startswith(f"error: there is no revision '{missing}' here\n  next: `git log")


def test_a_range_outside_git_is_told_with_a_way_out(tmp_path: Path) -> None:
    a_folder(tmp_path / "shop")
    told = care("check", "shop", "--diff", "HEAD~1..HEAD", at=tmp_path)
    assert told.code == 2
    assert "is not in a git repository" in told.err
    assert "leave --diff out" in told.err


# --- deadlines on a day -----------------------------------------------------------------------------------------------

WAIVER = """\
id: no-card-yet
rule: card-present
subject: book-finder
reason: The card is being written.
owner: ai-lead
expires: 2026-04-01
approved: [{by: director, on: 2026-03-10}]
"""


def test_a_waiver_covers_through_its_last_day_and_no_longer(tmp_path: Path) -> None:
    a_folder(tmp_path / "shop", with_file(without_a_card(), "waivers/no-card-yet.yaml", WAIVER))
    open_ended = care("check", "shop", at=tmp_path)
    assert open_ended.code == 0, "without a day nothing runs out"
    assert "must (waiver no-card-yet until 2026-04-01)" in open_ended.out
    assert care("check", "shop", "--on", "2026-04-01", at=tmp_path).code == 0
    run_out = care("check", "shop", "--on", "2026-04-02", at=tmp_path)
    assert run_out.code == 1
    assert "waiver no-card-yet" not in run_out.out


def test_a_waiver_for_longer_than_its_rule_allows_covers_nothing(tmp_path: Path) -> None:
    longer = WAIVER.replace("2026-04-01", "2026-04-10")
    a_folder(tmp_path / "shop", with_file(without_a_card(), "waivers/no-card-yet.yaml", longer))
    assert care("check", "shop", at=tmp_path).code == 1


def test_known_debt_is_grey_until_the_day_it_was_to_be_paid(tmp_path: Path) -> None:
    a_folder(tmp_path / "shop", without_a_card())
    debt = finding_of_the_card(tmp_path, "shop")["id"]
    line = f"{{finding: {debt}, rule: card-present, file: {FINDER}, owner: ai-lead, burn_down: 2026-05-31}}"
    (tmp_path / "shop" / "baseline.yaml").write_text(f"recorded: 2026-03-10\nitems:\n  - {line}\n")
    known = care("check", "shop", at=tmp_path)
    assert (known.code, "must (baseline until 2026-05-31)" in known.out) == (0, True), known.out
    assert care("check", "shop", "--on", "2026-05-31", at=tmp_path).code == 0
    assert care("check", "shop", "--on", "2026-06-01", at=tmp_path).code == 1


def test_a_review_that_is_still_to_come_is_found_only_where_a_day_is_given(tmp_path: Path) -> None:
    a_folder(
        tmp_path / "shop", edited(small_repository(), "roles.yaml", "reviewed: 2026-03-02", "reviewed: 2026-03-20")
    )
    assert care("check", "shop", at=tmp_path).code == 0
    assert care("check", "shop", "--on", "2026-03-20", at=tmp_path).code == 0
    early = care("check", "shop", "--on", "2026-03-19", at=tmp_path)
    assert early.code == 1
    assert "roles.yaml:2:1  must  the review of 2026-03-20 is still to come on 2026-03-19   [review-past]" in early.out


@pytest.mark.parametrize("day", ["2026-02-30", "tomorrow"])
def test_a_day_that_is_none_is_wrong_usage(tmp_path: Path, day: str) -> None:
    a_folder(tmp_path / "shop")
    told = care("check", "shop", "--on", day, at=tmp_path)
    assert (told.code, told.err) == (2, f"error: --on {day} is no day\n  next: write it like 2026-03-31\n")


# --- which repository, and what is said of it -------------------------------------------------------------------------


def test_two_different_folders_are_wrong_usage_and_the_same_twice_is_not(tmp_path: Path) -> None:
    a_folder(tmp_path / "shop")
    a_folder(tmp_path / "other")
    told = care("check", "shop", "--repo", "other", at=tmp_path)
    assert (told.code, told.err) == (2, "error: DIR is shop and --repo is other\n  next: give one of them\n")
    assert care("check", "shop", "--repo", tmp_path / "other" / ".." / "shop", at=tmp_path).code == 0


def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    told = care("check", "nowhere", at=tmp_path)
    assert told.code == 2
    assert told.err.startswith("error: nowhere is not a folder\n")


def test_the_repository_is_found_from_a_folder_inside_it(tmp_path: Path) -> None:
    a_folder(tmp_path / "shop")
    inside = tmp_path / "shop" / "systems" / "book-finder"
    answer = care("check", "--format", "json", at=inside).answer
    assert answer["summary"]["documents"] == len(small_repository())


def test_outside_git_there_is_no_commit_and_a_check_writes_nothing(tmp_path: Path) -> None:
    shop = a_folder(tmp_path / "shop")
    before = sorted(shop.rglob("*"))
    answer = care("check", "shop", "--format", "json", at=tmp_path).answer
    assert (answer["commit"], answer["dirty"]) == (None, None)
    assert sorted(shop.rglob("*")) == before


def test_json_has_the_shape_of_the_contract(tmp_path: Path) -> None:
    shop = with_an_old_finding(tmp_path)
    answer = care("check", "shop", "--format", "json", at=tmp_path).answer
    head = ["schema", "careloop_version", "standards_digest", "commit", "dirty", "findings", "errors", "summary"]
    assert list(answer) == head
    assert answer["schema"] == "careloop/check/v1"
    assert answer["standards_digest"].startswith("sha256:")
    assert (len(answer["commit"]), answer["dirty"], answer["errors"]) == (40, False, [])
    promised = ["id", "rule", "severity", "enforce", "blocking", "introduced", "message", "controls", "remedy"]
    promised += ["file", "line", "column"]
    (found,) = answer["findings"]
    assert set(promised) <= set(found)
    assert (found["introduced"], found["file"], found["line"], found["column"]) == (None, FINDER, 1, 1)
    assert answer["summary"] == {
        "documents": len(without_a_card()),
        "errors": 0,
        "findings": 1,
        "blocking": 1,
        "set_aside": 0,
        "there_before": 0,
        "exit_code": 1,
    }
    shop.write("roles.yaml", b"owner: ai-lead\nowner: ai-lead\n")
    torn = care("check", "shop", "--format", "json", at=tmp_path)
    assert torn.code == torn.answer["summary"]["exit_code"] == 2
    assert set(promised) <= set(torn.answer["errors"][0])


def test_the_answer_is_the_same_when_it_comes_from_the_cache(tmp_path: Path) -> None:
    with_an_old_finding(tmp_path)
    first, second = (care("check", "shop", "--format", "json", at=tmp_path) for _ in range(2))
    assert list((tmp_path / ".home" / "cache").rglob("*")), "the first run kept its answer"
    assert first == second


# --- how it ends ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "xterm-256color"}])
def test_off_a_terminal_there_are_no_escape_codes(tmp_path: Path, environment: dict[str, str]) -> None:
    with_an_old_finding(tmp_path)
    told = care("check", "shop", at=tmp_path, **environment)
    assert told.code == 1
    assert "\x1b" not in told.out + told.err


def test_a_file_whose_name_is_no_text_is_told_and_crashes_nothing(tmp_path: Path) -> None:
    shop = a_folder(tmp_path / "shop")
    (shop / "risk" / "register" / "odd\udcff.yaml").write_bytes(b"owner: [\n")
    told = care("check", "shop", at=tmp_path)
    assert told.code == 2
    assert "risk/register/odd\\udcff.yaml:" in told.out


def test_a_crash_is_told_in_plain_words_and_ends_with_its_own_code(tmp_path: Path) -> None:
    a_folder(tmp_path / "shop")
    broken = tmp_path / "broken"
    broken.mkdir()
    lines = ["import careloop.wiring", "def broken():", "    raise RuntimeError('the clock fell off the wall')"]
    (broken / "sitecustomize.py").write_text("\n".join([*lines, "careloop.wiring.now = broken", ""]))
    told = care("status", "shop", at=tmp_path, PYTHONPATH=str(broken))
    assert (told.code, told.out) == (70, "")
    first, following = told.err.splitlines()
    assert first == "careloop crashed: RuntimeError: the clock fell off the wall"
    assert "CARELOOP_DEBUG=1" in following
