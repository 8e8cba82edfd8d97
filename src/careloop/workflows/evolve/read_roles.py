"""Who decides what, and how an escalation would run on a day (R20, R25)."""

from dataclasses import dataclass
from datetime import datetime

from careloop.documents.compile import compile_tree
from careloop.domain.roles import Roles
from careloop.errors import NotFound
from careloop.ports.repository_source import RepositorySource
from careloop.status.escalation import SimulatedEscalation, simulate
from careloop.workflows.evolve.standpoint import instant_of, zone_of

__all__ = ["RolesReading", "read_roles"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesReading:
    """roles.yaml, with every escalation simulated."""

    roles: Roles
    at: datetime
    """When the escalations begin, in the organisation's time zone."""
    escalations: tuple[SimulatedEscalation, ...]


def read_roles(source: RepositorySource, *, now: datetime, on: str | None, escalation: str | None) -> RolesReading:
    """The roles as they lie in the folder, on a day (its noon), at an instant, or now.

    Raises `NotFound` without a readable roles.yaml, and for no such escalation.
    """
    repository = compile_tree(source.work_tree()).repository
    roles = repository.only(Roles)
    if roles is None:
        raise NotFound("there is no readable roles.yaml", hint="run `care check`")
    zone = zone_of(repository.organisation)
    at = instant_of(on, zone) if on is not None else now.astimezone(zone)
    wanted = [one for one in roles.escalations if escalation in (None, one.id)]
    if escalation is not None and not wanted:
        known = ", ".join(one.id for one in roles.escalations) or "none"
        raise NotFound(f"there is no escalation '{escalation}'", hint=f"there are: {known}")
    return RolesReading(roles=roles, at=at, escalations=tuple(simulate(one, roles, at) for one in wanted))
