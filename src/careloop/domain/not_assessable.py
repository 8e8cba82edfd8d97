"""Why a measure between groups cannot be taken, and what stands in for it (R42; SEMANTICS 17).

In many places a lender may not ask for the attribute that a fairness test needs. That is no failure as long as it is
documented: another measure stands in, taken on one of the declared bases, or the law bars it, a control compensates and
people agreed for a while. An absence that nobody documents fails.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from careloop.domain.noun import Noun, Slug, Text
from careloop.domain.requirement_id import RequirementId

__all__ = ["LegalBar", "NotAssessable", "ProtectedBasis"]


class ProtectedBasis(StrEnum):
    """Why protected attributes are present, or what stands in for them (SEMANTICS 17)."""

    PERMITTED = "permitted"
    SURVEY = "survey_subsample"
    PROXY = "declared_proxy"
    SEGMENT = "non_personal_segment"
    COUNTERFACTUAL = "counterfactual_pairs"
    PANEL = "independent_panel"
    LEGAL_BAR = "legal_bar"


class NotAssessable(Noun):
    """The documented absence of a measure."""

    basis: ProtectedBasis
    because: Text
    """Which attribute is missing, and why."""
    stands_in: Slug | None = None
    """The measure, with a limit of its own in the same list, that is taken on this basis instead."""
    proxy_error: float | None = Field(default=None, gt=0, lt=0.5)
    """Share of people whom a declared proxy puts into the wrong group, at most."""
    law: Slug | None = None
    """Id of the law in `laws/` that bars asking."""
    control: RequirementId | None = None
    """The control that compensates; while it is not evidenced, releases are held."""
    expires: date | None = None
    """Last day on which it counts."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        barred = {"law": self.law, "control": self.control, "expires": self.expires}
        if self.basis is ProtectedBasis.LEGAL_BAR:
            if lacking := [name for name, value in barred.items() if value is None]:
                raise ValueError(f"a legal bar also says {' and '.join(lacking)}")
            if self.stands_in is not None:
                raise ValueError("a measure that stands in is of another basis than legal_bar: name that one")
        elif self.stands_in is None:
            raise ValueError(f"{self.basis.value} needs stands_in: the measure that is taken on this basis instead")
        elif self.law is not None or self.control is not None:
            raise ValueError(f"law and control belong to legal_bar, not to {self.basis.value}")
        if (self.proxy_error is not None) is not (self.basis is ProtectedBasis.PROXY):
            raise ValueError("proxy_error belongs to declared_proxy, which cannot do without it")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalBar:
    """How a declared legal bar stands at one instant; it counts when all three are null or people are named."""

    measure: str
    granted_by: tuple[str, ...] = ()
    """People who agreed to it as it stands."""
    waits: str | None = None
    """Why nobody's agreement counts yet."""
    broken: str | None = None
    """Why it counts for nothing, whoever agrees: it ran out, or its control is not evidenced."""
