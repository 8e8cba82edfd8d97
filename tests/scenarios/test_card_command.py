"""`care card draft` (R91): a card for a system of the inventory from a registry, a file or a published card."""

from __future__ import annotations

from pathlib import Path

from care_rooms import a_folder, care

from careloop.testing.source_tree_builder import edited, small_repository, without

ROOT = Path(__file__).parents[2]
ACME = ROOT / "examples" / "acme"
MLFLOW = ROOT / "tests" / "golden" / "mlflow"
CARD = "systems/credit-decision/card.md"
OPEN = ("--answer", "thresholds=Where the release lock says", "--answer", "factors=Sex and age band")


def acme_without_its_card(at: Path) -> Path:
    files = {p.relative_to(ACME).as_posix(): p.read_bytes() for p in ACME.rglob("*") if p.suffix in (".yaml", ".md")}
    return a_folder(at / "acme", without(files, CARD))


def test_with_what_people_answer_the_card_passes_the_check_and_holds_no_figure_of_its_own(tmp_path: Path) -> None:
    acme = acme_without_its_card(tmp_path)
    words = ("credit-decision", "--repo", "acme", "--from", f"mlflow:{MLFLOW}", "--model", "credit-scoring", *OPEN)
    drafted = care("card", "draft", *words, "--answer", "security=Loaded by digest", "--format", "json", at=tmp_path)
    assert drafted.code == 0, drafted.err
    assert len(drafted.answer["questions"]) <= 6
    assert {"version", "date", "model_type"} <= set(drafted.answer["guesses"])
    text = (acme / CARD).read_text()
    assert "{result: roc_auc}" in text
    assert "0.8731" not in text
    checked = care("check", "acme", "--format", "json", at=tmp_path)
    left = [one["message"] for one in checked.answer["findings"] if one["file"] == CARD]
    assert (checked.code, left) == (0, ["no citation or paper is stated"])


def test_without_answers_the_open_questions_are_told_and_the_check_still_finds_them(tmp_path: Path) -> None:
    a_folder(
        tmp_path / "shop", edited(small_repository(), "systems/book-finder/system.yaml", "tier: low", "tier: medium")
    )
    told = care("card", "draft", "book-finder", "--repo", "shop", at=tmp_path)
    assert told.code == 0, told.err
    assert "open: What must it not be used for?  (--answer out_of_scope_use=...)" in told.out
    assert told.out.count("open: ") == 6
    checked = care("check", "shop", at=tmp_path)
    assert (checked.code, "out-of-scope use is there and says nothing" in checked.out) == (1, True)


def test_a_card_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    acme = acme_without_its_card(tmp_path)
    (acme / CARD).write_text("mine\n")
    told = care("card", "draft", "credit-decision", "--repo", "acme", at=tmp_path)
    assert (told.code, "is there already" in told.err) == (1, True)
    assert (acme / CARD).read_text() == "mine\n"
    beside = care("card", "draft", "credit-decision", "--repo", "acme", "--out", "MODEL_CARD.md", at=tmp_path)
    assert (beside.code, (tmp_path / "MODEL_CARD.md").is_file()) == (0, True)


def test_what_is_not_there_is_told_with_what_there_is(tmp_path: Path) -> None:
    acme_without_its_card(tmp_path)
    for words, code, says in (
        (["credit", "--from", f"mlflow:{MLFLOW}"], 2, "there is no system 'credit'"),
        (["credit-decision", "--from", f"mlflow:{MLFLOW}"], 2, "--model: Churn Forecast v2, credit-scoring"),
        (["credit-decision", "--from", "oracle:x"], 2, "there is no source 'oracle'"),
        (["credit-decision", "--answer", "colour=blue"], 2, "a card has no field 'colour'"),
        (["credit-decision", "--answer", "users"], 2, "gives no answer"),
    ):
        told = care("card", "draft", *words, "--repo", "acme", at=tmp_path)
        assert (told.code, says in told.err) == (code, True), told.err
