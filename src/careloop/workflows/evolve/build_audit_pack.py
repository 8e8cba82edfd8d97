"""Build an audit pack: evidence by kind, blackened where its readers need no names, with a manifest (R16, R17)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from careloop.domain.audit_pack import Audience, AuditPack, ItemState, PackItem, PackKind
from careloop.domain.policy import Policy
from careloop.domain.roles import Roles
from careloop.domain.soa import Statement
from careloop.errors import CareloopError, Refused
from careloop.ports.ledger import Ledger
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary
from careloop.reports.audit_pack_report import manifest_bytes, readme_bytes
from careloop.reports.redaction import blackened, leaks_in
from careloop.reports.risk_report import risk_json
from careloop.reports.soa_html import soa_html
from careloop.reports.soa_json import soa_json
from careloop.workflows.evolve.compute_soa import SoaAsk, compute_soa
from careloop.workflows.evolve.pack_evidence import Evidence
from careloop.workflows.evolve.standpoint import Standpoint, stand
from careloop.workflows.read_live_status import read_live_status

__all__ = ["PackDesk", "build_audit_pack"]

KINDS: Final[Mapping[Audience, tuple[PackKind, ...]]] = {
    Audience.AUDITOR: tuple(PackKind),
    Audience.REGULATOR: tuple(kind for kind in PackKind if kind is not PackKind.TRAINING),
    Audience.CUSTOMER: (PackKind.SOA, PackKind.CARDS, PackKind.LOGS, PackKind.ASSESSMENTS),
    Audience.PUBLIC: (PackKind.POLICIES,),
}
"""What each audience is given; the customer's are those that the article names (line 68)."""
_PUBLIC: Final = "Public"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackDesk:
    """All that a pack is made from."""

    source: RepositorySource
    standards: StandardsLibrary
    ledger: Ledger | None
    now: datetime


def build_audit_pack(desk: PackDesk, *, audience: Audience, as_of: str | None = None) -> AuditPack:
    """The pack as of now or of a past day; what is missing is an item of it.

    Raises `Refused` when something secret or personal would leave the house, naming each place and no content.
    """
    place = stand(desk.source, standards=desk.standards, ledger=desk.ledger, now=desk.now, as_of=as_of)
    shelf = _Shelf(desk, place, audience, as_of)
    items: list[PackItem] = []
    members: dict[str, bytes] = {}
    for kind in KINDS[audience]:
        found, files = shelf.take(kind)
        items += found
        members |= files
    if audience.blackened:
        members = _without_names(members, place)
    organisation = place.reading.repository.organisation
    name = organisation.organisation.name if organisation else "an organisation without a name"
    at = place.reading.now
    told = tuple(items)
    members["README.md"] = readme_bytes(told, audience=audience, at=at, organisation=name)
    members["manifest.json"] = manifest_bytes(told, members, audience=audience, at=at, source=_source(place))
    return AuditPack(audience=audience, items=told, members=members)


def _source(place: Standpoint) -> dict[str, Any]:
    ledger = place.reading.ledger
    return {
        "commit": place.commit,
        "dirty": place.dirty,
        "as_of": place.as_of,
        "in_force_by": place.in_force_by,
        "standards_digest": place.standards_digest,
        "ledger_size": ledger.size() if ledger is not None else None,
    }


def _without_names(members: Mapping[str, bytes], place: Standpoint) -> dict[str, bytes]:
    roles = place.reading.repository.only(Roles)
    people = roles.people if roles else ()
    texts = {path: blackened(raw.decode(errors="replace"), people) for path, raw in members.items()}
    leaks = [leak for path, text in texts.items() for leak in leaks_in(path, text)]
    if leaks:
        places = "; ".join(f"{leak.path}:{leak.line} holds {leak.what}" for leak in leaks[:5])
        more = f"; and {len(leaks) - 5} more" if len(leaks) > 5 else ""
        raise Refused(
            f"the pack is not built: {places}{more}",
            hint="take it out of the document, or name it by post and not by person",
        )
    return {path: text.encode() for path, text in texts.items()}


@dataclass(frozen=True)
class _Shelf:
    """Where each kind is taken from."""

    desk: PackDesk
    place: Standpoint
    audience: Audience
    as_of: str | None

    def take(self, kind: PackKind) -> tuple[list[PackItem], dict[str, bytes]]:
        evidence = Evidence(self.place)
        takers: dict[PackKind, Callable[[], tuple[list[PackItem], dict[str, bytes]]]] = {
            PackKind.SOA: self._soa,
            PackKind.RISKS: self._risks,
            PackKind.ASSESSMENTS: lambda: self._documents(list(evidence.assessments()), evidence),
            PackKind.POLICIES: lambda: self._documents(self._policies(evidence), evidence),
            PackKind.CARDS: lambda: self._documents(list(evidence.cards()), evidence),
            PackKind.LOGS: lambda: self._logs(evidence),
        }
        if kind in takers:
            return takers[kind]()
        item, raw = evidence.records(kind)
        files = {item.path: raw} if item.path else {}
        if kind is PackKind.AUDITS:
            files |= {f"documents/{path}": content for path, content in evidence.audit_programme()}
        return [item], files

    def _policies(self, evidence: Evidence) -> list[PackItem]:
        items = list(evidence.policies())
        if self.audience is not Audience.PUBLIC:
            return items
        open_ones = {one.id for one in evidence.repository.nouns(Policy) if _PUBLIC in one.available_to}
        return [one for one in items if one.id in open_ones]

    def _logs(self, evidence: Evidence) -> tuple[list[PackItem], dict[str, bytes]]:
        item, files = evidence.decisions() if self.audience.blackened else evidence.whole_ledger()
        return [item], files

    def _documents(self, items: list[PackItem], evidence: Evidence) -> tuple[list[PackItem], dict[str, bytes]]:
        paths = [one.path for one in items if one.path is not None]
        return items, {path: evidence.document(path.removeprefix("documents/")) for path in paths}

    def _soa(self) -> tuple[list[PackItem], dict[str, bytes]]:
        ask = SoaAsk(as_of=self.as_of)
        desk = self.desk
        try:
            statement = compute_soa(desk.source, standards=desk.standards, ledger=desk.ledger, now=desk.now, ask=ask)
        except CareloopError as error:
            return [_absent(PackKind.SOA, error.message)], {}
        if statement.errors or statement.findings:
            return [_absent(PackKind.SOA, _against(statement))], {}
        files = {"soa.json": _json(soa_json(statement)), "soa.html": soa_html(statement).encode()}
        return [_made(PackKind.SOA, "soa.json", self.place)], files

    def _risks(self) -> tuple[list[PackItem], dict[str, bytes]]:
        risks = read_live_status(self.place.reading).risks
        if not risks:
            return [_absent(PackKind.RISKS, "the register holds no risk")], {}
        return [_made(PackKind.RISKS, "risk-register.json", self.place)], {
            "risk-register.json": _json([risk_json(live) for live in risks])
        }


def _against(statement: Statement) -> str:
    found = (*statement.errors, *statement.findings)
    return f"the statement is not built: {found[0].place}: {found[0].message}"


def _absent(kind: PackKind, because: str) -> PackItem:
    return PackItem(kind=kind, id=kind.value, state=ItemState.MISSING, because=because)


def _made(kind: PackKind, path: str, place: Standpoint) -> PackItem:
    day = place.reading.now.date()
    return PackItem(kind=kind, id=kind.value, state=ItemState.PRESENT, because="computed", path=path, day=day)


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
