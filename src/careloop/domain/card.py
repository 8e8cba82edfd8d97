"""A model card: what the union of the published card forms asks for (CONTENT.md C7)."""

from datetime import date
from enum import StrEnum

from careloop.domain.noun import Noun, Slug, Text
from careloop.domain.tier import Tier

__all__ = ["CARD_FIELDS", "Card", "CardField", "CardForm", "CardSection", "FieldState", "Need"]


class CardForm(StrEnum):
    """How the card was written down."""

    HUGGING_FACE = "hugging_face"
    """Markdown with YAML front matter."""
    MITCHELL = "mitchell"
    """JSON with the sections of Mitchell et al. 2019."""


class FieldState(StrEnum):
    """What the card says about a field."""

    STATED = "stated"
    PLACEHOLDER = "placeholder"
    """The section is there and says nothing: empty, TODO, "More Information Needed"."""
    ABSENT = "absent"


class CardSection(Noun):
    """Where and how the card speaks about a field."""

    state: FieldState
    line: int = 1
    """Line of the heading or key, from 1; for an absent one, 1."""
    text: str = ""


class Need(StrEnum):
    """When the gate wants a field."""

    MUST = "must"
    MUST_HIGH = "must_high"
    """Must from tier high on; should below it."""
    MUST_IF_DERIVED = "must_if_derived"
    """Must when the model was made from another one."""
    SHOULD = "should"


class CardField(Noun):
    """One field of the union table."""

    id: Slug
    title: Text
    need: Need
    remedy: Text


def _field(name: str, title: str, need: Need, remedy: str) -> CardField:
    return CardField(id=name, title=title, need=need, remedy=remedy)


CARD_FIELDS: tuple[CardField, ...] = (
    _field("name", "name", Need.MUST, "name the model"),
    _field("version", "version", Need.MUST, "say which version the card describes"),
    _field("date", "date", Need.MUST, "say when this version was made"),
    _field("owner", "owner or developer", Need.MUST, "name who developed or owns the model"),
    _field("model_type", "type of model", Need.MUST, "say what kind of model it is"),
    _field("licence", "licence", Need.MUST, "state the licence"),
    _field("citation", "citation or paper", Need.SHOULD, "say how to cite it"),
    _field("contact", "contact", Need.MUST, "say whom to write to"),
    _field("base_model", "base model", Need.MUST_IF_DERIVED, "name the model it was made from"),
    _field("intended_use", "intended use", Need.MUST, "say what it is for"),
    _field("users", "intended users", Need.MUST, "say who is meant to use it"),
    _field("out_of_scope_use", "out-of-scope use", Need.MUST, "say what it must not be used for"),
    _field("factors", "factors and groups", Need.MUST_HIGH, "name the groups and conditions that matter"),
    _field("metrics", "metrics", Need.MUST, "say how performance is measured"),
    _field("thresholds", "decision thresholds", Need.MUST, "state the thresholds decisions are made at"),
    _field("results", "results", Need.MUST, "give the results"),
    _field("evaluation_data", "evaluation data", Need.MUST, "say what it was evaluated on"),
    _field("training_data", "training data", Need.MUST, "say what it was trained on, and how that was prepared"),
    _field("disaggregated_results", "results by group", Need.MUST_HIGH, "give results by group and for overlaps"),
    _field("limitations", "ethics, bias, risks and limits", Need.MUST, "say where it fails and whom it may hurt"),
    _field("human_oversight", "human oversight", Need.MUST_HIGH, "say who watches it and can stop it"),
    _field("security", "security measures", Need.MUST_HIGH, "say how it is protected"),
    _field("monitoring", "monitoring after release", Need.MUST_HIGH, "say how it is watched in use"),
    _field("environment", "environmental impact", Need.SHOULD, "state energy or emissions"),
)
"""The union table, in the order a reader expects. Source: CONTENT.md C7 and the forms named there."""


class Card(Noun):
    """A model card as read, whatever its form."""

    form: CardForm
    system: Slug | None = None
    version: str | None = None
    derived: bool = False
    """Whether it names, or its tags imply, a base model."""
    fields: dict[Slug, CardSection]
    """By field id of `CARD_FIELDS`; every id is there."""
    risks: tuple[Slug, ...] = ()
    assessment: Slug | None = None
    tier: Tier | None = None
    owner: Slug | None = None
    """CARE extra: post that owns the card."""
    constraints: tuple[Slug, ...] = ()
    """CARE extra: ids of intended-use constraints of the system."""
    results: tuple[Slug, ...] = ()
    """CARE extra: measures whose values are rendered from results, never typed (SEMANTICS 30)."""
    reviewed: date | None = None
