"""`care inventory` (R76): what is known, and what is not, with known / estimated and the assumption behind it."""

from __future__ import annotations

from pathlib import Path

from care_rooms import a_folder, care

from careloop.testing.source_tree_builder import write_files

LISTS = {
    "gateway.csv": b"application,model\nbook-finder,m1\nshadow-bot,m2\n",
    "sso.csv": b"app\nPayroll\nChatGPT\n",
    "orders.csv": b"product,supplier\nChairs,Chairwise\nCredit scoring,Acme\n",
    "models.csv": b"name\nBook Finder\n",
    "code/finder/app.py": b"import openai\n",
}


def test_what_nobody_listed_is_found_in_every_source_and_coverage_is_told(tmp_path: Path) -> None:
    a_folder(tmp_path / "shop")
    write_files(tmp_path, LISTS)
    words = ["--gateway", "gateway.csv", "--sso", "sso.csv", "--procurement", "orders.csv"]
    words += ["--registry", "models.csv", "--imports", "code"]
    told = care("inventory", "reconcile", "shop", *words, "--format", "json", at=tmp_path)
    assert told.code == 1
    answer = told.answer
    assert answer["schema"] == "careloop/inventory-reconciliation/v1"
    assert {(one["file"], one["line"]) for one in answer["findings"]} == {
        ("gateway.csv", 3), ("sso.csv", 3), ("orders.csv", 3), ("finder/app.py", 1),
    }  # fmt: skip
    coverage = answer["coverage"]
    assert (coverage["known"], coverage["seen_elsewhere"], coverage["in_both"]) == (1, 5, 1)
    assert 0 < coverage["known_over_estimated"] < 1
    assert coverage["estimated"]["low"] <= coverage["estimated"]["value"] <= coverage["estimated"]["high"]
    assert "independent" in coverage["assumption"]
    text = care("inventory", "reconcile", "shop", *words, at=tmp_path).out
    assert "known / estimated: 1 / " in text
    assert "assuming that the two looks were independent" in text


def test_where_all_that_is_seen_is_known_it_ends_well(tmp_path: Path) -> None:
    a_folder(tmp_path / "shop")
    write_files(tmp_path, LISTS)
    told = care("inventory", "reconcile", "shop", "--registry", "models.csv", at=tmp_path)
    assert (told.code, "known / estimated: 1 / 1.0 = 1.00" in told.out) == (0, True), told.out


def test_nothing_to_compare_with_and_lists_that_say_nothing_are_wrong_usage(tmp_path: Path) -> None:
    a_folder(tmp_path / "shop")
    write_files(tmp_path, {"odd.csv": b"when,who\n1,2\n"})
    for words in ([], ["--gateway", "odd.csv"], ["--gateway", "none.csv"], ["--imports", "nowhere"]):
        told = care("inventory", "reconcile", "shop", *words, at=tmp_path)
        assert (told.code, told.out) == (2, ""), told.out
        assert told.err.startswith("error: ")


def test_a_list_says_tier_and_reason_and_who_was_never_screened(tmp_path: Path) -> None:
    a_folder(tmp_path / "shop")
    told = care("inventory", "list", "shop", at=tmp_path)
    assert told.code == 0
    assert "book-finder" in told.out
    assert "the rules give low: no rule of risk/criteria.yaml gives it more" in told.out
    assert "no impact screening" in told.out
    (row,) = care("inventory", "list", "shop", "--format", "json", at=tmp_path).answer["systems"]
    assert (row["tier"], row["reached_tier"], row["screened_on"]) == ("low", "low", None)
