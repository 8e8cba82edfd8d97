"""What a decision about a release is taken with: the documents in force, the people, the rules, the day."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from careloop.checks.catalogue import Catalogue
from careloop.checks.rule_book import RuleBook, build_rule_book
from careloop.checks.subjects import Cases
from careloop.documents.compile import Compiled, compile_tree
from careloop.domain.emergency import OnCall
from careloop.domain.repository import Repository
from careloop.domain.residual import LiveRisk
from careloop.domain.roles import Roles
from careloop.domain.source_tree import SourceTree
from careloop.domain.system import System
from careloop.domain.tier import Moment
from careloop.errors import InvalidInput, NotFound, Refused
from careloop.gates.people import People
from careloop.gates.release_rules import ReleaseRules
from careloop.gates.session import session_terms
from careloop.gates.slice import slice_grounds
from careloop.ledger.note import Signer
from careloop.ports.artefact_store import ArtefactStore
from careloop.ports.commit_history import CommitHistory
from careloop.ports.ledger import Ledger
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary, standards_digest
from careloop.workflows.emergencies import calls_in_force

__all__ = ["Governance", "ReleaseDesk", "governance_of", "read_governance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDesk:
    """Everything outside that decisions about releases need."""

    source: RepositorySource
    history: CommitHistory
    ledger: Ledger
    standards: StandardsLibrary
    artefacts: ArtefactStore
    attestor: Signer | None = None
    """Signs what the gate attests; never the log's own key. None at a desk that only reads."""


@dataclass(frozen=True)
class Governance:
    """The documents of one commit, as they are judged at one instant."""

    commit: str
    in_force_by: str
    standards_digest: str
    compiled: Compiled
    catalogue: Catalogue
    book: RuleBook
    now: datetime
    calls: tuple[OnCall, ...] = ()
    """Authority taken on call that may be used at this instant."""

    @property
    def repository(self) -> Repository:
        """The documents as nouns."""
        return self.compiled.repository

    @cached_property
    def here(self) -> datetime:
        """The instant, in the organisation's time zone."""
        organisation = self.repository.organisation
        try:
            zone = ZoneInfo(organisation.time_zone if organisation else "UTC")
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise InvalidInput(f"care.yaml at {self.commit[:12]}: time_zone is no IANA time zone") from error
        return self.now.astimezone(zone)

    @property
    def on(self) -> date:
        """Today, where the organisation is."""
        return self.here.date()

    @cached_property
    def people(self) -> People:
        """Everybody in roles.yaml, and the servers of care.yaml that may vouch for their sessions.

        Raises `Refused` when roles.yaml cannot be read, since nobody then has any authority.
        """
        roles = self.repository.only(Roles)
        if roles is None:
            raise Refused(f"there is no readable roles.yaml at {self.commit[:12]}", hint="run `care check`")
        return People(roles, self.on, session_terms(self.repository.organisation), self.calls)

    @cached_property
    def rules(self) -> ReleaseRules:
        """The rules of moment `release`."""
        return ReleaseRules(self.book, self.repository, Cases(self.repository, self.now), self.on)

    def slice_grounds(self, system: System) -> Mapping[str, Any]:
        """What decisions about a system's releases read in the documents; worked out once."""
        if system.id not in self._grounds:
            self._grounds[system.id] = slice_grounds(system, self.rules)
        return self._grounds[system.id]

    @cached_property
    def live_risks(self) -> dict[str, tuple[LiveRisk, ...]]:
        """Each system's risks as they stand, as soon as one of its releases has asked."""
        return {}

    @cached_property
    def outdated(self) -> dict[str, tuple[str, tuple[str, ...]] | None]:
        """Each system's impact assessment that does not count any more, as soon as one of its releases has asked."""
        return {}

    @cached_property
    def _grounds(self) -> dict[str, Mapping[str, Any]]:
        return {}

    def system(self, name: str) -> System:
        """A system of the inventory; raises `NotFound`, or `InvalidInput` when its document cannot be read."""
        found = next((one for one in self.repository.nouns(System) if one.id == name), None)
        if found is not None:
            return found
        broken = next((one for one in self.compiled.errors if one.place.file == f"systems/{name}/system.yaml"), None)
        if broken is not None:
            raise InvalidInput(f"{broken.place}: {broken.message}", hint="run `care check`, then commit the mend")
        raise NotFound(
            f"there is no system '{name}' at {self.commit[:12]}", hint="the gate reads committed documents only"
        )


def read_governance(desk: ReleaseDesk, now: datetime, *, before: Governance | None = None) -> Governance:
    """The documents in force: of the last `policy.in_force` record, else of HEAD; never of the work tree.

    With `before`, an earlier reading by the same desk: while the same commit is in force, its documents are not read
    again. Raises `Refused` outside git, since what nobody committed nobody can be held to. Judged by the later of `now`
    and the ledger's newest entry: a clock that was set back gives no grant, standing or approval more time (LEDGER 12).
    """
    now = _not_before_the_ledger(desk.ledger, now)
    recorded = [entry.record.data.get("commit") for entry in desk.ledger.query(type="policy.in_force")]
    stated = recorded[-1] if recorded else None
    commit = stated if isinstance(stated, str) else desk.source.head().commit
    if commit is None:
        raise Refused("there is no commit to judge by", hint="commit the governance documents first")
    files, in_force_by = desk.standards.read_all(), "ledger" if recorded else "history"
    digest, calls = standards_digest(files), calls_in_force(desk.ledger, now)
    if before is not None and (before.commit, before.standards_digest) == (commit, digest):
        return replace(before, in_force_by=in_force_by, now=now, calls=calls)
    made = governance_of(desk.source.at(commit), commit, desk, now)
    return replace(made, in_force_by=in_force_by, calls=calls)


def _not_before_the_ledger(ledger: Ledger, now: datetime) -> datetime:
    size = ledger.size()
    return max(now, ledger.entry(size - 1).recorded_at) if size else now


def governance_of(tree: SourceTree, commit: str, desk: ReleaseDesk, now: datetime) -> Governance:
    """These documents, as if they were in force; `commit` says whose history they have."""
    files = desk.standards.read_all()
    compiled, catalogue = compile_tree(tree), _catalogue(tuple(files.items()))
    return Governance(
        commit=commit,
        in_force_by="history",
        standards_digest=standards_digest(files),
        compiled=compiled,
        catalogue=catalogue,
        book=build_rule_book(compiled.repository, catalogue, frozenset({Moment.RELEASE})),
        now=now,
        calls=calls_in_force(desk.ledger, now),
    )


@lru_cache(maxsize=2)
def _catalogue(files: tuple[tuple[str, bytes], ...]) -> Catalogue:
    """The standards as nouns; the packs take most of a decision's time, and many decisions use the same."""
    return Catalogue(dict(files))
