"""A matter with the people and documents it is judged by: what it asks now, who may agree, where a request stands."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from careloop.domain.approval import APPROVE_RELEASE, Approval, ApprovalCount, Refusal, RequestState
from careloop.domain.deployment import ServeRelease, served_name
from careloop.domain.envelope import ChangeEnvelope
from careloop.domain.evolve import Waiver
from careloop.domain.matter import AUTHORITY, Grant, Matter, MatterKind
from careloop.domain.repository import Document
from careloop.domain.system import System
from careloop.domain.tier import Tier
from careloop.errors import InvalidInput, NotFound, Refused
from careloop.gates.count_approvals import ApprovalTerms, count_approvals
from careloop.gates.matters import (
    envelope_matter,
    legal_bar_matter,
    matter_digest,
    restore_matter,
    terms_bytes,
    waiver_matter,
)
from careloop.gates.slice import slice_digest
from careloop.gates.slice_changes import slice_changes
from careloop.plans.automation_history import serving_by_ledger
from careloop.workflows.grants import grants_of
from careloop.workflows.run.matter_records import rejections_of_request
from careloop.workflows.run.release_desk import Governance, ReleaseDesk
from careloop.workflows.run.release_records import Asked, approvals_of
from careloop.workflows.run.request_condition import Condition
from careloop.workflows.run.review_matter import review_matter

__all__ = ["MatterCase", "find_matter", "matter_case"]


_SWITCHES: Final = ("deploy.done", "safe_state.entered")


@dataclass(frozen=True)
class MatterCase:
    """One matter against the documents in force at one instant."""

    matter: Matter
    governance: Governance
    desk: ReleaseDesk

    @cached_property
    def text(self) -> bytes:
        """Its terms in canonical form."""
        return terms_bytes(self.matter)

    @cached_property
    def terms_digest(self) -> str:
        """Digest of its terms."""
        return slice_digest(self.text)

    @cached_property
    def authors(self) -> frozenset[str]:
        """Whoever last changed the documents that say it, and those who may not approve it for another reason."""
        files = self.matter.files
        hands = self.desk.history.last_hands(self.governance.commit, files) if files else frozenset()
        return hands | self.matter.doers

    @cached_property
    def grants(self) -> tuple[Grant, ...]:
        """What was ever granted about it."""
        return grants_of(self.desk.ledger, self.matter.name)

    def terms(self, asked: Asked) -> ApprovalTerms:
        """What approvals of a request are held against."""
        return ApprovalTerms(
            request=asked.request,
            people=self.governance.people,
            authors=self.authors,
            now=self.governance.now,
            authority=AUTHORITY[self.matter.kind],
        )

    def count(self, asked: Asked) -> ApprovalCount:
        """The approvals of a request that count now."""
        return count_approvals(approvals_of(self.desk.ledger, asked.digest), self.terms(asked))

    def refusal_of(self, approval: Approval, asked: Asked) -> Refusal | None:
        """Why an approval that is not recorded yet would not count; null when it would."""
        count = count_approvals([*approvals_of(self.desk.ledger, asked.digest), approval], self.terms(asked))
        counts = any(one.approval == approval for one in count.counted)
        return None if counts else count.refused[-1]

    def condition(self, asked: Asked) -> Condition:
        """Where a request about it stands: used up by a grant, expired, rejected, void, or open."""
        used = next((one for one in self.grants if one.request == asked.digest), None)
        if used is not None:
            at = used.at.isoformat(timespec="seconds")
            return Condition(RequestState.USED, f"the request was granted at {at}")
        if self.governance.now > asked.request.expires_at:
            at = asked.request.expires_at.isoformat(timespec="seconds")
            return Condition(RequestState.EXPIRED, f"the request expired at {at}")
        no = next(iter(rejections_of_request(self.desk.ledger, asked.digest)), None)
        if no is not None:
            at = no.at.isoformat(timespec="seconds")
            return Condition(RequestState.REJECTED, f"{no.person} rejected the request at {at}: {no.reason}")
        if (asked.request.slice, asked.request.lock) != (self.terms_digest, matter_digest(self.matter.name)):
            changed = self._changed(asked)
            return Condition(
                RequestState.VOID, f"the request is void, for this has changed: {'; '.join(changed)}", changed
            )
        if self.matter.until is not None and self.matter.until < self.governance.on:
            return Condition(RequestState.VOID, f"{self.matter.name} ran out on {self.matter.until}")
        return Condition(RequestState.OPEN)

    def _changed(self, asked: Asked) -> tuple[str, ...]:
        try:
            before = self.desk.ledger.get_blob(asked.request.slice.removeprefix("sha256:"))
            return slice_changes(before, self.text) or ("its terms",)
        except (NotFound, InvalidInput):
            return ("its terms",)


def matter_case(asked: Asked, governance: Governance, desk: ReleaseDesk) -> MatterCase:
    """The case of a request; `NotFound` when what it is about is gone."""
    kind, _, name = asked.version.partition("/")
    if asked.request.action != kind or kind not in set(MatterKind):
        raise Refused(f"the request is about {asked.request.action}, and says {asked.version}")
    return MatterCase(find_matter(MatterKind(kind), name, governance, desk), governance, desk)


def find_matter(kind: MatterKind, name: str, governance: Governance, desk: ReleaseDesk) -> Matter:
    """The matter of a kind and id as it stands in the documents in force, or in the ledger; `NotFound` for none."""
    match kind:
        case MatterKind.WAIVER:
            document, waiver = _waiver(name, governance)
            owners = governance.people.behind(waiver.owner, APPROVE_RELEASE)
            return replace(waiver_matter(waiver, document.path, governance.repository), doers=owners)
        case MatterKind.ENVELOPE:
            document, envelope, system = _envelope(name, governance)
            if system.tier is Tier.VERY_HIGH:
                raise Refused(f"{system.id} is of tier {system.tier}: such a system has no change envelope")
            return envelope_matter(envelope, document.path, system)
        case MatterKind.LEGAL_BAR:
            return _legal_bar(name, governance)
        case MatterKind.RESTORE:
            return _restore(name, governance, desk)
        case MatterKind.REVIEW:
            return review_matter(name, governance, desk)


def _waiver(name: str, governance: Governance) -> tuple[Document, Waiver]:
    for document, noun in governance.repository.all(Waiver):
        if noun.id == name:
            return document, noun
    raise NotFound(f"there is no waiver '{name}' at {governance.commit[:12]}", hint="commit waivers/<id>.yaml first")


def _envelope(name: str, governance: Governance) -> tuple[Document, ChangeEnvelope, System]:
    folder, slash, own = name.partition("/")
    for document, noun in governance.repository.all(ChangeEnvelope):
        if noun.id == (own if slash else folder) and (not slash or document.folder == folder):
            return document, noun, governance.system(document.folder or "")
    raise NotFound(
        f"there is no envelope '{name}' at {governance.commit[:12]}", hint="commit systems/<id>/envelopes/<name>.yaml"
    )


def _legal_bar(name: str, governance: Governance) -> Matter:
    folder, _, measure = name.partition("/")
    system = governance.system(folder)
    for one in system.evaluation:
        if one.measure == measure:
            return legal_bar_matter(one, f"systems/{system.id}/system.yaml", system)
    raise NotFound(
        f"{system.id} asks for no measure '{measure}' at {governance.commit[:12]}",
        hint="name it as SYSTEM/MEASURE, as `evaluation:` of system.yaml does",
    )


def _restore(name: str, governance: Governance, desk: ReleaseDesk) -> Matter:
    system, _, rest = name.partition(":")
    environment, _, lock = rest.partition(":")
    found = governance.system(system)
    switches = [entry for kind in _SWITCHES for entry in desk.ledger.query(type=kind, subject=f"systems/{system}")]
    switches.sort(key=lambda one: one.index)
    serving = serving_by_ledger(switches, system=system, environment=environment)
    if serving is None:
        raise NotFound(f"nothing was ever deployed for {system} in {environment}, so nothing is to be restored")
    before = serving.replaced.lock if isinstance(serving.replaced, ServeRelease) else ""
    if not (lock or before):
        raise NotFound(f"no release answered before in {environment}", hint="name the release that is to answer")
    return restore_matter(
        found, environment, leaves=served_name(serving.served), contained_by=serving.order, to=lock or before
    )
