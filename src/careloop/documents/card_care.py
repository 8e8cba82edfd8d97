"""The `care:` mapping of a card: what ties a published card to our own records. Read strictly, every misfit named."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from pydantic import Field, TypeAdapter

from careloop.documents.problem import Problem
from careloop.documents.validation import validate
from careloop.domain.noun import Noun, Slug
from careloop.domain.tier import Tier
from careloop.errors import InvalidInput

__all__ = ["CardCare", "CardRefused", "StatedFigure", "read_care"]


class StatedFigure(Noun):
    """A figure as the front matter writes it; each key is told in `careloop.domain.card.CardClaim`."""

    measure: Slug
    value: float = Field(allow_inf_nan=False)
    tolerance: float | None = Field(default=None, ge=0, allow_inf_nan=False)


class CardCare(Noun):
    """Keys that `care:` may hold; each is told in `careloop.domain.card.Card`."""

    system: Slug | None = None
    owner: Slug | None = None
    tier: Tier | None = None
    risks: tuple[Slug, ...] = ()
    assessment: Slug | None = None
    constraints: tuple[Slug, ...] = ()
    results: tuple[Slug, ...] = ()
    claims: tuple[StatedFigure, ...] = ()
    reviewed: dt.date | None = None


class CardRefused(InvalidInput):
    """The `care:` mapping of a card does not fit; `problems` point into the front matter."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        said = "; ".join(f"{'.'.join(map(str, problem.pointer))}: {problem.message}" for problem in problems)
        super().__init__(said, hint=f"the keys of care: are {', '.join(CardCare.model_fields)}")
        self.problems = problems


def read_care(front: Mapping[str, object]) -> CardCare:
    """The CARE extras of a card's front matter; all empty when it has no `care:` key. Raises `CardRefused`."""
    if "care" not in front:
        return CardCare()
    value = front["care"]
    if not isinstance(value, Mapping):
        raise CardRefused((Problem("wrong-type", "care: a mapping of keys to values is needed", pointer=("care",)),))
    found = validate(_adapter(), CardCare, _as_json(value))
    if isinstance(found, tuple):
        raise CardRefused(tuple(replace(one, pointer=("care", *one.pointer)) for one in found))
    return CardCare.model_validate(found)


@cache
def _adapter() -> TypeAdapter[CardCare]:
    return TypeAdapter(CardCare)


def _as_json(value: object) -> object:
    """The value in JSON's types, so that a date that YAML has already read is taken as it was written."""
    if isinstance(value, Mapping):
        return {str(key): _as_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(inner) for inner in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return str(value)
