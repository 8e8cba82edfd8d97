"""Questionnaires: sections of weighted questions, how answers are scored, and what follows from each level."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from careloop.domain.noun import Noun, Slug, Text
from careloop.domain.requirement_id import RequirementId

__all__ = [
    "AssuranceScoring",
    "Level",
    "LevelRule",
    "Marking",
    "Maxima",
    "Obligation",
    "Option",
    "Part",
    "Profile",
    "ProfilePart",
    "Question",
    "QuestionKind",
    "QuestionName",
    "Questionnaire",
    "QuestionnaireId",
    "Relief",
    "Section",
    "Side",
    "SumScoring",
    "SurveyMarking",
]

QuestionnaireId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[a-z0-9-]+@\d+$")]
"""Owner, name and edition: `careloop/impact@1`."""

QuestionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9._-]{0,79}$")]
"""Name of a question or section, as answers and conditions write it."""

OptionValue = Annotated[str, StringConstraints(pattern=r'^[^"\s](?:[^"\n]{0,198}[^"\s])?$')]
"""What an answer says: text on one line without double quotes."""

Share = Annotated[float, Field(ge=0, le=1)]
"""A ratio in [0, 1]."""

Condition = Text
"""When something holds, over answers: `{personal_data} = "yes" and {scale} != "few"` (assessments/expression.py)."""


class Side(StrEnum):
    """Which of the two scores a question feeds."""

    RISK = "risk"
    MITIGATION = "mitigation"


class QuestionKind(StrEnum):
    """How a question is answered."""

    ONE = "one"
    """One of the options."""
    MANY = "many"
    """Any number of the options."""
    TEXT = "text"
    """Words of one's own; never scored."""


class Option(Noun):
    """One answer that is offered."""

    id: OptionValue
    text: Text
    weight: float = Field(default=0, ge=0, le=1000)
    alone: bool = False
    """It goes with no other answer, like "none of these"."""
    asks: Literal["evidence", "reason"] | None = None
    """What must be said with it: a reason always; evidence, or it counts as `unproven`."""
    unproven: float | None = Field(default=None, ge=0, le=1000)
    """Weight while the evidence is not given."""
    applies: bool = True
    """False for "does not apply": the question then counts neither in the score nor in what it is a share of."""

    @model_validator(mode="after")
    def _evidence_has_two_weights(self) -> Self:
        if (self.asks == "evidence") != (self.unproven is not None):
            raise ValueError("`asks: evidence` and `unproven`, the weight without it, go together")
        if self.unproven is not None and self.unproven > self.weight:
            raise ValueError("`unproven` is at most the weight with evidence")
        return self


class Question(Noun):
    """One question. What it does not say itself, its section says."""

    id: QuestionName
    text: Text
    help: Text | None = None
    kind: QuestionKind = QuestionKind.ONE
    options: tuple[Option, ...] = ()
    scale: Slug | None = None
    """Name of a list of options that several questions share."""
    required: bool = True
    """Whether it must be answered while it is shown."""
    visible_if: Condition | None = None
    side: Side | None = None
    part: Slug | None = None
    weight: float = Field(default=1, gt=0, le=1000)
    """How much its answers count beside those of other questions."""

    @model_validator(mode="after")
    def _offers_what_its_kind_needs(self) -> Self:
        if self.kind is QuestionKind.TEXT:
            if self.options or self.scale or self.side:
                raise ValueError("a question that is answered in words has no `options`, no `scale` and no `side`")
        elif bool(self.options) == bool(self.scale):
            raise ValueError("a question has either `options` or the name of a `scale`, and not both")
        return self


class Section(Noun):
    """Questions that belong together, in the order they are asked."""

    id: QuestionName
    title: Text
    intro: Text | None = None
    side: Side | None = None
    part: Slug | None = None
    visible_if: Condition | None = None
    questions: tuple[Question, ...] = Field(min_length=1)


class Part(Noun):
    """Somebody whose risk is counted apart, so that it cannot be averaged away (SEMANTICS 4)."""

    id: Slug
    title: Text


class Relief(Noun):
    """What mitigation does: from the share `reached_at` on, only the share `leaves` of the raw score counts."""

    reached_at: Share
    leaves: Share


class SumScoring(Noun):
    """Weights are added up; mitigation takes a share of the raw score away once there is enough of it."""

    method: Literal["sum"]
    relief: tuple[Relief, ...] = ()
    relief_of: Literal["all", "asked"] = "all"
    """What mitigation is a share of: all that the questionnaire could give, or what the questions shown could."""
    rounding: Literal["half_up", "none"] = "none"
    """How the current score is rounded; half a point goes up."""


class AssuranceScoring(Noun):
    """The highest risk weight is the inherent risk; the assured share of it is taken away (CONTENT C8)."""

    method: Literal["assurance"]


Scoring = Annotated[SumScoring | AssuranceScoring, Field(discriminator="method")]


class LevelRule(Noun):
    """Answers that reach a level whatever the sum is."""

    when: Condition
    because: Text


class Level(Noun):
    """A level. The lowest always holds; another one when its threshold is passed or one of its rules holds."""

    id: Slug
    title: Text
    meaning: Text | None = None
    above: Share | None = None
    """Share of the highest raw score that the current score must exceed."""
    reached_if: tuple[LevelRule, ...] = ()


class Obligation(Noun):
    """Something that has to be done at some levels."""

    id: Slug
    text: Text
    levels: tuple[Slug, ...] = Field(min_length=1)
    when: Condition | None = None
    applies_from: date | None = None
    reference: Text | None = None
    """Where it comes from: an article, a practice."""
    controls: tuple[RequirementId, ...] = ()
    verified: bool = True
    """False for a fact that nobody has checked yet."""


class Maxima(Noun):
    """The highest scores that can be reached, declared so that a changed weight is noticed."""

    raw: float = Field(ge=0)
    mitigation: float = Field(ge=0)


class ProfilePart(Noun):
    """One item that a reader asks for, and the questions that answer it."""

    id: Text
    title: Text
    questions: tuple[QuestionName, ...] = Field(min_length=1)


class Profile(Noun):
    """The part of an assessment that is shown to a certain reader, such as an authority (R18)."""

    id: Slug
    title: Text
    source: Text
    parts: tuple[ProfilePart, ...] = Field(min_length=1)


class Marking(Noun):
    """How answers become a score, a level and obligations."""

    id: QuestionnaireId
    title: Text
    source: Text
    caution: Text | None = None
    """What a reader must know before relying on the outcome; for instance that it is our reading of a law."""
    scoring: Scoring
    levels: tuple[Level, ...] = Field(min_length=2)
    """Lowest first."""
    obligations: tuple[Obligation, ...] = ()
    hidden_answers: Literal["left_out", "counted"] = "left_out"
    """What becomes of an answer to a question that other answers hide."""
    unanswered: Literal["refused", "allowed"] = "refused"
    """Whether answers are scored while a question that is shown and required has none."""

    @model_validator(mode="after")
    def _levels_rise(self) -> Self:
        lowest, *higher = self.levels
        if lowest.above is not None or lowest.reached_if:
            raise ValueError("the lowest level always holds: it has no `above` and no `reached_if`")
        if any(level.above is None and not level.reached_if for level in higher):
            raise ValueError("every level but the lowest has `above` or `reached_if`, else nothing reaches it")
        thresholds = [level.above for level in higher if level.above is not None]
        if thresholds != sorted(set(thresholds)):
            raise ValueError("the thresholds of the levels rise from one to the next")
        return self


class Questionnaire(Marking):
    """A questionnaire in the form that careloop ships and organisations write."""

    scales: dict[Slug, tuple[Option, ...]] = {}
    parts: tuple[Part, ...] = ()
    combine: Literal["worst_part"] = "worst_part"
    """How the levels of the parts become one: the highest of them is the level of the whole."""
    sections: tuple[Section, ...] = Field(min_length=1)
    maxima: Maxima | None = None
    profiles: tuple[Profile, ...] = ()
    dialect: Literal["careloop", "surveyjs"] = "careloop"
    """How conditions are read: in SurveyJS `contains` also finds a part of a single answer."""


class SurveyMarking(Marking):
    """How a survey that states no weights is scored: by the endings of its names and values."""

    risk_suffix: Text
    mitigation_suffix: Text
    neutral_suffix: Text
    """Endings of a question's name, else of its panel's, that say which score it feeds."""
    weight_mark: Text
    """What stands before the weight at the end of an answer's value."""
