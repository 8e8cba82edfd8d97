"""The risk register as it stands now, or stood on any past day: what is left of each risk, and who bears it."""

from dataclasses import dataclass
from datetime import datetime

from careloop.domain.finding import Finding
from careloop.domain.residual import LiveRisk
from careloop.domain.risk import Risk, RiskCriteria, RiskKind
from careloop.errors import InvalidInput
from careloop.ports.ledger import Ledger
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary
from careloop.workflows.evolve.standpoint import Standpoint, stand
from careloop.workflows.read_live_status import read_live_status

__all__ = ["Register", "read_register"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """All risks, or the one that was asked for."""

    risks: tuple[LiveRisk, ...]
    opportunities: tuple[Risk, ...]
    criteria: RiskCriteria
    point: Standpoint

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Documents that could not be read."""
        return self.point.reading.compiled.errors


def read_register(
    source: RepositorySource,
    *,
    standards: StandardsLibrary,
    ledger: Ledger | None,
    now: datetime,
    as_of: str | None = None,
) -> Register:
    """Every risk with what is left of it. Raises InvalidInput without criteria, and what `stand` raises."""
    point = stand(source, standards=standards, ledger=ledger, now=now, as_of=as_of)
    repository = point.reading.repository
    criteria = repository.only(RiskCriteria)
    if criteria is None:
        raise InvalidInput("there is no readable risk/criteria.yaml", hint="`care init` writes one to start from")
    chances = tuple(one for one in repository.nouns(Risk) if one.kind is RiskKind.OPPORTUNITY)
    risks = read_live_status(point.reading).risks
    return Register(risks=risks, opportunities=chances, criteria=criteria, point=point)
