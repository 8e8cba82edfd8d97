"""A model card: what the union of the published card forms asks for (CONTENT.md C7)."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from careloop.domain.noun import Noun, Slug, Text
from careloop.domain.tier import Tier

__all__ = ["CARD_FIELDS", "Card", "CardClaim", "CardField", "CardForm", "CardSection", "FieldState", "Need"]


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
    shown_by: tuple[Slug, ...] = ()
    """Rules of the base pack that hold what the field says against something else than the card (R29)."""


def _field(name: str, title: str, need: Need, remedy: str, *shown_by: str) -> CardField:
    return CardField(id=name, title=title, need=need, remedy=remedy, shown_by=shown_by)


CARD_FIELDS: tuple[CardField, ...] = (
    _field("name", "name", Need.MUST, "name the model", "card-describes-release"),
    _field("version", "version", Need.MUST, "say which version the card describes", "card-describes-release"),
    _field("date", "date", Need.MUST, "say when this version was made", "card-describes-release"),
    _field("owner", "owner or developer", Need.MUST, "name who developed or owns the model", "owner-named"),
    _field("model_type", "type of model", Need.MUST, "say what kind of model it is", "results-belong-to-lock"),
    _field("licence", "licence", Need.MUST, "state the licence", "provenance-recorded"),
    _field("citation", "citation or paper", Need.SHOULD, "say how to cite it"),
    _field("contact", "contact", Need.MUST, "say whom to write to", "owner-named"),
    _field(
        "base_model",
        "base model",
        Need.MUST_IF_DERIVED,
        "name the model it was made from",
        "supplier-recorded",
        "provenance-recorded",
    ),
    _field("intended_use", "intended use", Need.MUST, "say what it is for", "intended-use-stated"),
    _field("users", "intended users", Need.MUST, "say who is meant to use it", "intended-use-stated"),
    _field(
        "out_of_scope_use", "out-of-scope use", Need.MUST, "say what it must not be used for", "out-of-scope-use-stated"
    ),
    _field(
        "factors", "factors and groups", Need.MUST_HIGH, "name the groups and conditions that matter", "bias-shown-safe"
    ),
    _field("metrics", "metrics", Need.MUST, "say how performance is measured", "results-present"),
    _field(
        "thresholds",
        "decision thresholds",
        Need.MUST,
        "state the thresholds decisions are made at",
        "no-result-harmful",
    ),
    _field("results", "results", Need.MUST, "give the results", "results-belong-to-lock"),
    _field("evaluation_data", "evaluation data", Need.MUST, "say what it was evaluated on", "results-belong-to-lock"),
    _field(
        "training_data",
        "training data",
        Need.MUST,
        "say what it was trained on, and how that was prepared",
        "provenance-recorded",
        "preparation-stated",
    ),
    _field(
        "disaggregated_results",
        "results by group",
        Need.MUST_HIGH,
        "give results by group and for overlaps",
        "bias-shown-safe",
    ),
    _field(
        "limitations",
        "ethics, bias, risks and limits",
        Need.MUST,
        "say where it fails and whom it may hurt",
        "risks-recorded",
        "assessment-feeds-risks",
    ),
    _field(
        "human_oversight",
        "human oversight",
        Need.MUST_HIGH,
        "say who watches it and can stop it",
        "safe-state-declared",
        "person-has-last-word",
    ),
    _field("security", "security measures", Need.MUST_HIGH, "say how it is protected", "privacy-tested"),
    _field(
        "monitoring", "monitoring after release", Need.MUST_HIGH, "say how it is watched in use", "monitors-present"
    ),
    _field("environment", "environmental impact", Need.SHOULD, "state energy or emissions"),
)
"""The union table, in the order a reader expects. Source: CONTENT.md C7 and the forms named there."""


class CardClaim(Noun):
    """A figure that a card states by itself, to be held against the last test run (R29)."""

    measure: Slug
    value: float = Field(allow_inf_nan=False)
    tolerance: float | None = Field(default=None, ge=0)
    """How far a result may be from it, in the measure's unit; left out: half of the last digit that is written."""
    line: int = Field(default=1, ge=1)
    """Where the card says it, from 1."""
    declared: bool = True
    """Whether the card means us to check it; false for a figure that a published card brought along."""


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
    claims: tuple[CardClaim, ...] = ()
    """Figures that the card states by itself."""
    reviewed: date | None = None
