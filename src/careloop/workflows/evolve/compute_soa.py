"""Build the Statement of Applicability, now or as it was on any past day, for all systems or for one (R6-R8)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from careloop.checks.run import check_tree
from careloop.domain.controls import Controls
from careloop.domain.finding import Finding
from careloop.domain.repository import Repository
from careloop.domain.roles import Roles
from careloop.domain.soa import SoaRow, Statement
from careloop.domain.system import System
from careloop.errors import NotFound, Refused
from careloop.ports.ledger import Ledger
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary
from careloop.status.soa import plan_approval, soa_rows
from careloop.workflows.evolve.standpoint import stand
from careloop.workflows.read_live_status import Reading, read_approvals, read_live_status

__all__ = ["SoaAsk", "compute_soa"]

_RULES: Final = frozenset(
    {
        "acceptance-designated",
        "credit-applicable",
        "modify-has-controls",
        "reason-stated",
        "retain-within-appetite",
        "risk-decided",
        "scale-respected",
        "soa-complete",
    }
)
"""Rules without which there is no statement: each control decided, each risk decided, by those who may."""
_WRITE_IT: Final = "`care soa --draft` writes it with every control of Annex A, to be decided"
_PLACES: Final = ("controls.yaml", "risk/", "roles.yaml", "care.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class SoaAsk:
    """Which statement is wanted."""

    system: str | None = None
    """One system; null for all in scope."""
    as_of: str | None = None
    """A past day or instant; null for the work tree now."""


def compute_soa(
    source: RepositorySource, *, standards: StandardsLibrary, ledger: Ledger | None, now: datetime, ask: SoaAsk
) -> Statement:
    """The statement with its findings; while there is a blocking one, it must not be handed out.

    For one system, evidence is judged on that system alone. Raises NotFound for a system that is not there, Refused
    while there is no controls.yaml at all, and what `stand` raises.
    """
    system = ask.system
    point = stand(source, standards=standards, ledger=ledger, now=now, as_of=ask.as_of)
    reading = point.reading
    found = check_tree(point.tree, reading.catalogue, reading.now.date())
    errors = tuple(error for error in found.errors if error.place.file.startswith(_PLACES))
    repository = reading.repository
    decided = _decided(repository, errors)
    _known(system, repository)
    status = read_live_status(_of_system(reading, system))
    rows = soa_rows(repository, reading.catalogue, status, system=system, today=reading.now.date())
    name, scope = _named(repository)
    every = read_live_status(reading).risks if system is not None else status.risks
    return Statement(
        organisation=name,
        scope=scope,
        system=system,
        decided=decided,
        approval=plan_approval(repository, every, read_approvals(reading)),
        rows=rows,
        posts=_posts(repository, rows),
        systems=_systems(repository, system),
        findings=tuple(_against(found.findings)),
        errors=errors,
        now=reading.now,
        commit=point.commit,
        dirty=point.dirty,
        as_of=point.as_of,
        in_force_by=point.in_force_by,
        standards_digest=point.standards_digest,
    )


def _decided(repository: Repository, errors: tuple[Finding, ...]) -> Controls:
    """controls.yaml; an empty one in its place while it cannot be read, which the errors say."""
    controls = repository.only(Controls)
    if controls is None and not errors:
        raise Refused("there is no controls.yaml, so nobody has decided which controls apply", hint=_WRITE_IT)
    return controls or Controls(owner="nobody")


def _named(repository: Repository) -> tuple[str, str]:
    """Name of the organisation, and what its management system covers."""
    root = repository.organisation
    return (root.organisation.name, root.scope.statement) if root else ("", "")


def _known(system: str | None, repository: Repository) -> None:
    names = [one.id for one in repository.nouns(System)]
    if system is not None and system not in names:
        raise NotFound(f"there is no system '{system}'", hint=f"systems: {', '.join(names) or 'none'}")


def _of_system(reading: Reading, system: str | None) -> Reading:
    """The same documents without the folders of other systems, so that evidence is that of this one."""
    if system is None:
        return reading
    kept = tuple(one for one in reading.repository.documents if one.folder in (None, system))
    return replace(reading, compiled=replace(reading.compiled, repository=Repository(kept)))


def _against(findings: Iterable[Finding]) -> Iterable[Finding]:
    for one in findings:
        referred = one.rule == "reference-exists" and one.place.file.startswith(("controls.yaml", "risk/"))
        if one.blocking and (one.rule in _RULES or referred):
            yield one


def _posts(repository: Repository, rows: tuple[SoaRow, ...]) -> tuple[tuple[str, str], ...]:
    roles = repository.only(Roles)
    owners = {row.owner for row in rows} | {row.plan.owner for row in rows if row.plan}
    return tuple((post.id, post.title) for post in (roles.posts if roles else ()) if post.id in owners)


def _systems(repository: Repository, system: str | None) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (one.id, one.name, one.lifecycle.value) for one in repository.nouns(System) if system in (None, one.id)
    )
