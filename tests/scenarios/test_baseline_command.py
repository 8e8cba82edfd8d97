"""`care baseline` (R80, SEMANTICS 7): existing debt is recorded once, shown grey, and may only shrink."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import yaml
from care_rooms import FIRST_DAY, a_folder, a_repository, care

from careloop.testing.source_tree_builder import edited, small_repository, without

FINDER = "systems/book-finder/system.yaml"
UNOWNED = edited(
    small_repository(), FINDER, "jurisdictions: [Ireland]\n", "tier_note: x\n".replace("tier_note: x\n", "")
)
"""The bookshop, whose system says nowhere where it is used."""
DAY = "2099-03-31"


def items(at: Path) -> list[dict[str, str]]:
    """The items of the baseline as it lies there."""
    found = yaml.safe_load((at / "baseline.yaml").read_text())["items"]
    return [{key: str(value) for key, value in one.items()} for one in found]


def test_debt_is_taken_in_once_with_owner_and_day_and_is_grey_until_then(tmp_path: Path) -> None:
    shop = a_folder(tmp_path / "shop", UNOWNED)
    assert care("check", "shop", at=tmp_path).code == 1
    told = care("baseline", "shop", "--burn-down", DAY, at=tmp_path)
    assert (told.code, told.err) == (0, "")
    assert told.out.endswith("1 known, 1 of them new; 0 mended\n")
    (item,) = items(shop)
    assert (item["rule"], item["file"], item["owner"]) == ("jurisdictions-stated", FINDER, "ai-lead")
    checked = care("check", "shop", at=tmp_path)
    assert checked.code == 0
    assert f"must (baseline until {DAY})" in checked.out
    assert care("check", "shop", "--on", "2099-04-01", at=tmp_path).code == 1, "debt that is overdue blocks again"


def test_later_it_lets_go_of_what_is_mended_and_takes_nothing_in(tmp_path: Path) -> None:
    shop = a_folder(tmp_path / "shop", UNOWNED)
    care("baseline", "shop", "--burn-down", DAY, at=tmp_path)
    text = (shop / FINDER).read_text()
    (shop / FINDER).write_text(text.replace("owner: ai-lead", "owner: nobody") + "jurisdictions: [Ireland]\n")
    told = care("baseline", "shop", "--format", "json", at=tmp_path)
    assert told.code == 0
    assert [one["rule"] for one in told.answer["paid"]] == ["jurisdictions-stated"]
    assert {one["rule"] for one in told.answer["left"]} >= {"owner-named"}
    assert items(shop) == []


def test_a_day_can_be_brought_forward_and_not_put_off(tmp_path: Path) -> None:
    shop = a_folder(tmp_path / "shop", UNOWNED)
    for asked, holds in ((DAY, DAY), ("2099-12-31", DAY), ("2099-01-31", "2099-01-31")):
        care("baseline", "shop", "--burn-down", asked, at=tmp_path)
        assert [one["burn_down"] for one in items(shop)] == [holds]


def test_a_change_that_lets_the_baseline_grow_fails_its_check(tmp_path: Path) -> None:
    shop = a_repository(tmp_path / "shop", UNOWNED)
    care("baseline", "shop", "--burn-down", DAY, at=tmp_path)
    shop.commit(FIRST_DAY + timedelta(days=1))
    first = care("check", "shop", "--diff", "HEAD~1..HEAD", at=tmp_path)
    assert first.code == 0, first.out
    text = (shop.folder / "baseline.yaml").read_text()
    shop.write("baseline.yaml", text.replace(DAY, "2099-12-31").encode())
    shop.commit(FIRST_DAY + timedelta(days=2))
    told = care("check", "shop", "--diff", "HEAD~1..HEAD", at=tmp_path)
    assert told.code == 1
    assert f"is put off from {DAY} to 2099-12-31   [baseline-shrinks]" in told.out


def test_taking_an_item_out_without_paying_fails_the_change_that_does_it(tmp_path: Path) -> None:
    shop = a_repository(tmp_path / "shop", UNOWNED)
    care("baseline", "shop", "--burn-down", DAY, at=tmp_path)
    shop.commit(FIRST_DAY + timedelta(days=1))
    shop.delete("baseline.yaml")
    shop.commit(FIRST_DAY + timedelta(days=2))
    told = care("check", "shop", "--diff", "HEAD~1..HEAD", at=tmp_path)
    assert (told.code, "[jurisdictions-stated]" in told.out) == (1, True)


def test_what_cannot_be_read_is_no_debt_and_wrong_words_are_wrong_usage(tmp_path: Path) -> None:
    shop = a_folder(tmp_path / "shop", UNOWNED)
    for words in (["--burn-down", "2020-01-01"], ["--burn-down", "soon"], ["--owner", "nobody-at-all"]):
        assert care("baseline", "shop", *words, at=tmp_path).code == 2
    (shop / FINDER).write_text("id: [\n")
    told = care("baseline", "shop", at=tmp_path)
    assert (told.code, "cannot be read" in told.err) == (2, True)
    assert not (shop / "baseline.yaml").exists()


# --- one system alone (SEMANTICS 10) ----------------------------------------------------------------------------------


def test_one_system_can_be_governed_alone_without_policies_roles_or_decisions(tmp_path: Path) -> None:
    alone = without(small_repository(), "roles.yaml", "policies/ai-policy.md", "rules/shop.yaml", "risk/criteria.yaml")
    a_folder(tmp_path / "alone", alone)
    told = care("check", "alone", at=tmp_path)
    assert (told.code, told.out.startswith("nothing to mend in 3 documents")) == (0, True), told.out
