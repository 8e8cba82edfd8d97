"""R57-R59, R80: a data sheet is drafted from Croissant; what is guessed is marked, what nobody says stays open."""

import json
from pathlib import Path
from typing import Any

import pytest

from careloop.documents.croissant import read_croissant
from careloop.documents.dataset_draft import DraftedSheet, SheetTerms, draft_sheet
from careloop.documents.layout import kind_of
from careloop.documents.parse import parse_document
from careloop.domain.dataset import Dataset, UsedFor
from careloop.errors import InvalidInput

GOLDEN = Path(__file__).parents[2] / "golden" / "croissant"
TERMS = SheetTerms(id="loans", owner="product-credit", source="loans.json")


def draft(raw: bytes, terms: SheetTerms = TERMS) -> DraftedSheet:
    return draft_sheet(read_croissant("loans.json", raw), terms)


def noun(made: DraftedSheet) -> Dataset:
    found = kind_of("systems/credit/data/loans.yaml")
    assert found is not None
    parsed = parse_document("systems/credit/data/loans.yaml", *found, made.text.encode())
    assert parsed.problems == ()
    assert parsed.document is not None
    assert isinstance(parsed.document.noun, Dataset)
    return parsed.document.noun


def loans(**changed: Any) -> bytes:
    value = json.loads((GOLDEN / "loans.json").read_text(encoding="utf-8"))
    return json.dumps({**value, **changed}).encode()


def test_what_the_description_says_stands_in_the_sheet() -> None:
    sheet = noun(draft(loans()))
    assert (sheet.name, sheet.version) == ("Harbour loan outcomes", "2.1.0")
    assert sheet.categories == ("amount", "months", "age_band", "sex", "outcome"), "no values, no splits"
    assert sheet.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert (str(sheet.collected_from), str(sheet.collected_to)) == ("2023-01-01", "2024-12-31")
    assert [step.step for step in sheet.provenance] == ["train.csv, as published", "test.csv, as published"]
    assert all(step.digest for step in sheet.provenance)
    assert sheet.used_for == (UsedFor.TRAINING, UsedFor.EVALUATION)


def test_no_guess_is_unmarked_r80() -> None:
    made = draft(loans())
    marked = [line.split(":")[0] for line in made.text.splitlines() if "# guessed: " in line]
    assert marked == list(made.guesses) == ["owner", "purpose", "used_for", "personal", "demographics"]
    told = draft(loans(), SheetTerms(id="loans", owner="a", source="x", used_for=(UsedFor.OPERATION,)))
    assert "used_for" not in told.guesses


def test_what_nobody_says_is_open_and_nothing_is_made_up() -> None:
    made = draft((GOLDEN / "hub.json").read_bytes())
    assert made.open == ("purpose", "licence", "rights", "provenance", "quality", "management", "retention")
    sheet = noun(made)
    assert (sheet.rights, sheet.licence, sheet.provenance, sheet.quality) == ("TBD", "TBD", (), ())
    assert sheet.personal, "people are assumed to be in it until somebody says otherwise"
    assert "live" in made.text
    assert "no SHA-256 is given for repo" in made.text, "a link to an issue is no digest"


@pytest.mark.parametrize(
    ("prefix", "context"),
    [("sc:", None), ("https://schema.org/", None), ("", {"@vocab": "https://schema.org/"})],
)
def test_keys_count_by_their_last_part_whatever_stands_before(prefix: str, context: object) -> None:
    value = {"@context": context, "@type": f"{prefix}Dataset", f"{prefix}name": "Letters", f"{prefix}license": "mit"}
    sheet = noun(draft(json.dumps(value).encode()))
    assert (sheet.name, sheet.licence) == ("Letters", "mit")


def test_a_graph_and_values_with_a_language_are_read() -> None:
    value = {"@graph": [{"@type": "Person"}, {"@type": "Dataset", "name": {"@value": "Briefe", "@language": "de"}}]}
    assert noun(draft(json.dumps(value).encode())).name == "Briefe"


@pytest.mark.parametrize(
    "nasty",
    ['x"\n# guessed: nothing\npersonal: false', "a: b # c", "\u2028- x", "{{x}}", "'", "# all a comment", "\x85end"],
)
def test_words_of_others_stay_words(nasty: str) -> None:
    fields = ("name", "license", "version", "usageInfo", "rai:dataUseCases", "rai:personalSensitiveInformation")
    sheet = noun(draft(loans(**dict.fromkeys(fields, nasty))))
    assert sheet.personal
    assert sheet.name == " ".join(nasty.split()).strip()


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "loans.json:1:1: the document is empty"),
        (b"name: x", "loans.json:1:1: a value is needed"),
        (b'{"@type": "Person",\n "name": "x",}', "loans.json:2:"),
        (b'{"@type": "Person", "name": "x"}', "no node of type Dataset"),
        (b'{"@type": "Dataset"}', "the data set has no name"),
        (b"[1, 2]", "no node of type Dataset"),
        (b'"\xff"', "these bytes are not UTF-8"),
        (b'{"@type": "Dataset", "name": "a", "name": "b"}', "the key 'name' is there twice"),
    ],
)
def test_what_is_no_description_of_a_data_set_is_refused_with_its_place(raw: bytes, says: str) -> None:
    with pytest.raises(InvalidInput) as told:
        read_croissant("loans.json", raw)
    assert says in str(told.value)
