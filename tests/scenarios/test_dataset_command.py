"""`care dataset draft`: a sheet from Croissant is found wanting, completed, and then in order (R57-R59)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from care_rooms import care

ACME = Path(__file__).parents[2] / "examples" / "acme"
GOLDEN = Path(__file__).parents[1] / "golden" / "croissant"
"""Both descriptions pass the checks of mlcroissant 1.1.1."""
SHEET = "systems/credit-decision/data/harbour-loan-outcomes.yaml"


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    folder = tmp_path / "acme"
    shutil.copytree(ACME, folder)
    shutil.copy(GOLDEN / "loans.json", folder / "loans.json")
    return folder


def test_a_sheet_is_drafted_found_wanting_completed_and_then_passes(acme: Path) -> None:
    said = care("dataset", "draft", "credit-decision", "--from", "croissant:loans.json", at=acme)
    assert said.code == 0, said.err
    assert f"wrote {SHEET}" in said.out
    assert "open: rights, preparation, quality, management, retention" in said.out
    told = care("check", "--format", "json", at=acme)
    assert told.code == 1
    rules = {finding["rule"] for finding in told.answer["findings"]}
    assert rules == {
        "data-sheet-filled",
        "quality-targets-set",
        "personal-data-has-an-end",
        "personal-data-has-rights",
    }
    text = (acme / SHEET).read_text(encoding="utf-8")
    filled = (
        text.replace("rights: TBD", "rights: Published under CC BY 4.0; legal review of 3 November 2026")
        .replace("criterion: TBD", "criterion: At most two in a hundred rows are dropped")
        .replace("quality: []", 'quality: [{measure: completeness, relation: ">=", target: 0.98}]')
    )
    parts = ("privacy", "security", "representativeness", "integrity")
    management = ", ".join(f"{part}: Looked after as for our own loans" for part in parts)
    (acme / SHEET).write_text(f"{filled}retention: P2Y\nmanagement: {{{management}}}\n", encoding="utf-8")
    assert care("check", at=acme).code == 0, "nothing is left open"


def test_what_was_guessed_and_what_is_open_is_told_as_json(acme: Path) -> None:
    said = care(
        "dataset", "draft", "credit-decision", "--from", "croissant:loans.json", "--name", "outcomes",
        "--used-for", "evaluation", "--format", "json", at=acme,
    )  # fmt: skip
    assert said.answer["file"] == "systems/credit-decision/data/outcomes.yaml"
    assert said.answer["guesses"] == ["owner", "purpose", "personal", "demographics"]
    assert "quality" in said.answer["open"]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("credit-decision", "--from", "loans.json"), 2, "--from loans.json is not known"),
        (("credit-decision", "--from", "croissant:gone.json"), 2, "there is no file gone.json"),
        (("credit-decisoin", "--from", "croissant:loans.json"), 2, "there is no system 'credit-decisoin'"),
        (("credit-decision", "--from", "croissant:care.yaml"), 2, "care.yaml:1:1"),
        (("credit-decision", "--from", "croissant:loans.json", "--name", "adult-census"), 1, "already"),
    ],
)
def test_bad_input_is_told_and_nothing_is_written(words: tuple[str, ...], code: int, says: str, acme: Path) -> None:
    before = sorted(path for path in acme.rglob("*"))
    said = care("dataset", "draft", *words, at=acme)
    assert said.code == code
    assert says in said.err
    assert sorted(path for path in acme.rglob("*") if ".home" not in path.parts) == before


def test_a_sheet_that_is_there_is_not_written_over(acme: Path) -> None:
    (acme / "kept.yaml").write_text("mine\n", encoding="utf-8")
    said = care("dataset", "draft", "credit-decision", "--from", "croissant:loans.json", "--out", "kept.yaml", at=acme)
    assert said.code == 1
    assert (acme / "kept.yaml").read_text(encoding="utf-8") == "mine\n"
    assert json.loads((acme / "loans.json").read_text(encoding="utf-8"))["name"] == "Harbour loan outcomes"
