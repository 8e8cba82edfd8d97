"""Write a model card from what is known: what is stated, what was guessed and why, what only a person can say (R91).

Every text says in a comment beside it where it comes from. A figure is never written: a row names the measure, and its
value is rendered from results (SEMANTICS 30). What nobody has said stays a placeholder, which the check finds.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from json import dumps

from careloop.documents.card_placeholders import says_something
from careloop.documents.yaml_scalar import quoted
from careloop.domain.card import CARD_FIELDS, Need
from careloop.domain.tier import Tier

__all__ = ["MOST_QUESTIONS", "DraftedCard", "Question", "Said", "draft_card"]

MOST_QUESTIONS = 6
_OPEN = "More Information Needed"


@dataclass(frozen=True, slots=True)
class Said:
    """A text for a field of the card."""

    text: str
    because: str
    """Where it comes from, in words for a person."""
    guessed: bool = True
    """Whether a person has still to agree; false for what the governance repository or a person says."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only a person can say."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class DraftedCard:
    """The card, and what it still needs."""

    text: str
    questions: tuple[Question, ...]
    """At most six, those that matter most first."""
    guesses: tuple[str, ...]
    """Fields whose text somebody has still to agree to."""


_QUESTIONS: Mapping[str, str] = {
    "out_of_scope_use": "What must it not be used for?",
    "limitations": "Where does it fail, and whom may that hurt?",
    "metrics": "Which measures show how well it works? Names with commas, such as roc_auc, impact_ratio",
    "factors": "For which groups or conditions may it work less well?",
    "human_oversight": "Who watches it, and how can they stop it?",
    "thresholds": "Where is its output turned into a decision, and why there?",
    "intended_use": "What is it for?",
    "users": "Who is meant to use it?",
    "training_data": "What was it trained on, and how was that prepared?",
    "evaluation_data": "What was it tested on?",
    "security": "How is it protected?",
    "monitoring": "How is it watched in use?",
    "contact": "Whom does one write to about it?",
    "licence": "Under which licence may it be used?",
    "model_type": "What kind of model is it?",
    "owner": "Who developed it?",
    "version": "Which version does this card describe?",
    "date": "When was this version made?",
    "base_model": "Which model was it made from?",
}
"""Field to question, in the order they are asked; what can be left to a default comes last."""

_SECTIONS: tuple[tuple[str, str], ...] = (
    ("## Uses", ""),
    ("### Direct Use", "intended_use"),
    ("### Intended Users", "users"),
    ("### Out-of-Scope Use", "out_of_scope_use"),
    ("## Bias, Risks, and Limitations", "limitations"),
    ("## Training Details", ""),
    ("### Training Data", "training_data"),
    ("## Evaluation", ""),
    ("### Testing Data", "evaluation_data"),
    ("### Factors", "factors"),
    ("### Metrics", "metrics"),
    ("### Decision Thresholds", "thresholds"),
    ("### Results", "results"),
    ("### Results by Group", "disaggregated_results"),
    ("## Human Oversight", "human_oversight"),
    ("## Security", "security"),
    ("## Monitoring", "monitoring"),
    ("## Environmental Impact", "environment"),
    ("## Citation", "citation"),
    ("## Model Card Contact", "contact"),
)
_DETAILS: tuple[tuple[str, str], ...] = (
    ("Developed by", "owner"),
    ("Model type", "model_type"),
    ("Version", "version"),
    ("Date", "date"),
    ("License", "licence"),
    ("Finetuned from model", "base_model"),
)


def draft_card(
    name: str, said: Mapping[str, Said], *, measures: Sequence[str], tier: Tier, care: Mapping[str, object]
) -> DraftedCard:
    """The card of a system of this tier. `care` is what ties it to our own records; `measures` are names only."""
    known = {field: one for field, one in said.items() if says_something(one.text)}
    if measures:
        known.setdefault("metrics", Said(", ".join(f"`{measure}`" for measure in measures), "as the run kept them"))
        table = _table(measures)
        known["results"] = known["disaggregated_results"] = Said(table, "values are rendered from results", False)
    asked = {field.id for field in CARD_FIELDS if _is_asked(field.need, tier, derived="base_model" in known)}
    missing = [field for field in _QUESTIONS if field in asked and field not in known]
    questions = tuple(Question(field, _QUESTIONS[field]) for field in missing[:MOST_QUESTIONS])
    lines = [*_front(known, measures, care), f"# Model Card for {name}", "", *_body(known, asked)]
    guesses = tuple(field.id for field in CARD_FIELDS if field.id in known and known[field.id].guessed)
    return DraftedCard("\n".join(lines).rstrip() + "\n", questions, guesses)


def _is_asked(need: Need, tier: Tier, *, derived: bool) -> bool:
    if need is Need.MUST_HIGH:
        return tier.rank >= Tier.HIGH.rank
    return need is Need.MUST or (need is Need.MUST_IF_DERIVED and derived)


def _front(known: Mapping[str, Said], measures: Sequence[str], care: Mapping[str, object]) -> Iterator[str]:
    yield "---"
    for key, field in (("license", "licence"), ("base_model", "base_model")):
        if field in known:
            yield f"{key}: {quoted(' '.join(known[field].text.split()))}{_mark(known[field], ' # ')}"
    if measures:
        yield f"metrics: {dumps(list(measures))}"
    yield "care:"
    for name, value in care.items():
        if value:
            yield f"  {name}: {dumps(value, ensure_ascii=False)}"
    if measures:
        yield f"  results: {dumps(list(measures))}"
    yield from ("---", "")


def _body(known: Mapping[str, Said], asked: set[str]) -> Iterator[str]:
    yield from ("## Model Details", "")
    for label, field in _DETAILS:
        if field in known:
            text = " ".join(known[field].text.split())
            yield f"- **{label}:** {text}{_mark(known[field], ' <!-- ', ' -->')}"
        elif field in asked:
            yield f"- **{label}:** {_OPEN}"
    for heading, field in _SECTIONS:
        if not field:
            yield from ("", heading)
        elif field in known:
            mark = _mark(known[field], "<!-- ", " -->")
            yield from ("", heading, "", *((mark, "") if mark else ()), known[field].text.strip())
        elif field in asked:
            yield from ("", heading, "", _OPEN)


def _mark(said: Said, before: str, after: str = "") -> str:
    word = "guessed: " if said.guessed else ""
    because = " ".join(re.sub(r"-{2,}|[<>]", " ", said.because).split())
    return f"{before}{word}{because}{after}"


def _table(measures: Sequence[str]) -> str:
    rows = [f"| `{measure}` | {{result: {measure}}} |" for measure in measures]
    return "\n".join(["| measure | value |", "|---|---|", *rows])
