"""`care release standing`: which releases may run where, and which one could take over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from careloop.domain.plan_steps import RollbackTarget
from careloop.domain.standing import Standing
from careloop.gates.rollback_target import rollback_target
from careloop.ports.ledger import Ledger
from careloop.workflows.run.release_case import presence_of
from careloop.workflows.run.release_desk import ReleaseDesk
from careloop.workflows.run.release_records import standings_of

__all__ = ["EnvironmentStandings", "release_standing", "target_for", "why_no_standing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentStandings:
    """One system in one environment: its standings in order, and what a rollback of the newest would go to."""

    system: str
    environment: str
    standings: tuple[Standing, ...]
    target: RollbackTarget

    @property
    def newest(self) -> Standing | None:
        """The last release that got standing and still has it."""
        return next((one for one in reversed(self.standings) if one.valid), None)


def release_standing(
    desk: ReleaseDesk, system: str | None = None, *, now: datetime
) -> tuple[EnvironmentStandings, ...]:
    """Every system and environment with standings, or those of one system; in the order of their names."""
    every = standings_of(desk.ledger, system, now=now)
    places = sorted({(one.system, one.environment) for one in every})
    found = []
    for name, environment in places:
        here = tuple(one for one in every if (one.system, one.environment) == (name, environment))
        newest = next((one.lock for one in reversed(here) if one.valid), None)
        target = target_for(desk, name, environment=environment, instead_of=newest, now=now)
        found.append(EnvironmentStandings(system=name, environment=environment, standings=here, target=target))
    return tuple(found)


def target_for(
    desk: ReleaseDesk, system: str, *, environment: str, instead_of: str | None, now: datetime
) -> RollbackTarget:
    """The release that a rollback of `instead_of` goes to, or why there is none (SEMANTICS 13)."""
    return rollback_target(
        standings_of(desk.ledger, system, now=now),
        environment=environment,
        instead_of=instead_of,
        presence=lambda lock: presence_of(lock, desk),
    )


def why_no_standing(ledger: Ledger, system: str, environment: str, *, now: datetime) -> Callable[[str], str | None]:
    """For each lock digest, why that release may not answer in an environment; null when it has standing."""

    def why(lock: str) -> str | None:
        every = standings_of(ledger, system, now=now)
        mine = [one for one in every if (one.lock, one.environment) == (lock, environment)]
        if not mine:
            return f"release {lock[:19]} has no standing in {environment}"
        last = mine[-1]
        if last.revoked_at is None:
            return None
        return f"the standing of release {lock[:19]} was revoked at {last.revoked_at.isoformat()}"

    return why
