"""A drafted card (R91): figures are references, guesses are marked, at most six questions, the rest is open."""

import re

from hypothesis import given
from hypothesis import strategies as st

from careloop.documents.card_draft import MOST_QUESTIONS, Said, draft_card
from careloop.documents.card_gaps import card_gaps
from careloop.documents.card_markdown import read_card_markdown
from careloop.documents.markdown_text import MarkdownText, split_front_matter
from careloop.documents.yaml_text import read_yaml
from careloop.domain.card import CARD_FIELDS, Card, FieldState
from careloop.domain.tier import Severity, Tier

CARE = {"system": "credit", "owner": "head-of-credit", "tier": "high"}
FIELDS = [field.id for field in CARD_FIELDS if field.id not in ("name", "results", "disaggregated_results", "metrics")]


def read(text: str) -> Card:
    """The card as the check reads it."""
    cut = split_front_matter(text)
    assert isinstance(cut, MarkdownText)
    front = read_yaml(cut.front).value
    assert isinstance(front, dict)
    return read_card_markdown(dict(front), cut.body, cut.body_line)


def test_a_card_of_which_all_is_said_leaves_no_gap_at_any_tier() -> None:
    said = {field: Said(f"Something true about {field}.", "somebody") for field in FIELDS} | {
        "date": Said("2026-03-02", "somebody"),
        "version": Said("3.2", "somebody"),
    }
    made = draft_card("Credit", said, measures=("roc_auc",), tier=Tier.VERY_HIGH, care=CARE)
    assert made.questions == ()
    assert card_gaps(read(made.text), Tier.VERY_HIGH) == ()
    assert read(made.text).results == ("roc_auc",)


def test_nothing_known_asks_six_questions_and_leaves_placeholders_that_the_check_finds() -> None:
    made = draft_card("Credit", {}, measures=(), tier=Tier.HIGH, care=CARE)
    assert len(made.questions) == MOST_QUESTIONS == 6
    assert made.questions[0].field == "out_of_scope_use"
    open_ones = {gap.field for gap in card_gaps(read(made.text), Tier.HIGH) if gap.severity is Severity.MUST}
    assert {question.field for question in made.questions} <= open_ones


def test_a_text_that_says_nothing_is_asked_for() -> None:
    made = draft_card("Credit", {"limitations": Said("TODO", "x")}, measures=(), tier=Tier.LOW, care=CARE)
    assert "limitations" in {question.field for question in made.questions}


def test_every_guess_is_marked_with_its_reason_beside_it() -> None:
    said = {"users": Said("Loan officers.", "the team page"), "security": Said("Signed.", "Ada said so", False)}
    made = draft_card("Credit", said, measures=(), tier=Tier.HIGH, care=CARE)
    assert made.guesses == ("users",)
    assert "<!-- guessed: the team page -->\n\nLoan officers." in made.text
    assert "<!-- Ada said so -->\n\nSigned." in made.text


@given(st.lists(st.sampled_from(["roc_auc", "impact_ratio", "psi"]), unique=True), st.sampled_from(Tier))
def test_a_figure_is_only_ever_a_reference(measures: list[str], tier: Tier) -> None:
    made = draft_card("Credit", {}, measures=measures, tier=tier, care=CARE)
    body = made.text.partition("---\n\n# ")[2]
    assert re.findall(r"\d", body) == []
    assert re.findall(r"\{result: (\w+)\}", body) == measures * 2
    assert read(made.text).fields["results"].state is (FieldState.STATED if measures else FieldState.PLACEHOLDER)


_WORD = st.text("ab cd\n#-<>!|\"'{}:&*%@é", min_size=1, max_size=40)


@given(st.dictionaries(st.sampled_from(FIELDS), st.builds(Said, _WORD, _WORD, st.booleans())))
def test_whatever_is_said_the_card_can_be_read_and_belongs_to_its_system(said: dict[str, Said]) -> None:
    made = draft_card("Credit", said, measures=("roc_auc",), tier=Tier.HIGH, care=CARE)
    card = read(made.text)
    assert (card.system, card.owner, card.results) == ("credit", "head-of-credit", ("roc_auc",))
