"""What a change lacks before it may be merged: approval, leave to loosen, its record, a review (R19, R23, R28, R41).

Everything that decides is read from the base: who owns what, who is who, which rules there are, how they are enforced.
The head says only what is to change. Without a day, whatever runs out counts as run out: people who are to leave,
people who stand in, authorities that were lent. Source: SEMANTICS 8, 12; ISO/IEC 42001 6.3, 7.5.3, 8.1.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from careloop.checks.catalogue import Catalogue
from careloop.checks.loosening import Comparison, Shift, compare_promises
from careloop.checks.rule_book import build_rule_book
from careloop.documents.codeowners import path_matches
from careloop.documents.compile import Compiled, places_in
from careloop.documents.layout import kind_of
from careloop.domain.change import Change, OwnersFile, Signature, Signer
from careloop.domain.change_request import ChangeRequest
from careloop.domain.finding import Finding
from careloop.domain.noun import Governed
from careloop.domain.organisation import ChangeControl as Terms
from careloop.domain.path_pattern import path_fits
from careloop.domain.place import Place, Pointer
from careloop.domain.roles import Roles
from careloop.domain.rule import Rule, RuleFile
from careloop.domain.system import System
from careloop.domain.tier import Enforcement, Tier
from careloop.gates.change_approval import Approved, ChangeApprovals, Verdict, signers_of
from careloop.gates.cross_review import ReviewOutcome, judge_reviews
from careloop.gates.exclusion import FOR_EXCLUSIONS, FOR_THRESHOLDS, reached_by_exclusion, second_voice_missing
from careloop.gates.owners import OwnerGroup, Owners
from careloop.gates.people import People
from careloop.gates.session import session_terms

__all__ = ["ChangeControl"]

_OWNED, _LOOSENED, _RECORDED, _REVIEWED = "owner-approval", "loosening-approved", "change-record", "cross-review"
_RECORDED_KINDS = frozenset({"policy", "rules"})
_NO_DAY = date.max
_CONTROLS = "controls.yaml"
_MONITORS = "monitors"


@dataclass(frozen=True)
class ChangeControl:
    """The rules of change as the base has them."""

    base: Compiled
    file: OwnersFile | None
    """CODEOWNERS of the base."""
    on: date | None
    """Day to judge by; null where no clock is allowed."""

    @property
    def signers(self) -> tuple[Signer, ...]:
        """Whose signatures count."""
        return signers_of(self._people)

    def approvals(self, change: Change, signatures: Mapping[str, Signature]) -> Mapping[str, tuple[Approved, ...]]:
        """Altered path to the approvals that it bears, for those who ask what happened rather than what lacks."""
        given = ChangeApprovals(change, self._people, signatures)
        return {path: given.verdict(path, self._owners.of(path)).approved for path in change.after}

    def reviews(self, change: Change, head: Compiled, signatures: Mapping[str, Signature]) -> tuple[ReviewOutcome, ...]:
        """The reviews by several functions that the change needs, with who agreed (R28)."""
        return tuple(_Review(self, ChangeApprovals(change, self._people, signatures), head).reviews())

    def findings(
        self, change: Change, head: Compiled, signatures: Mapping[str, Signature], catalogue: Catalogue
    ) -> tuple[Finding, ...]:
        """All that the change lacks. Nothing, while the base names no owners."""
        book = build_rule_book(self.base.repository, catalogue, frozenset())
        rules = {name: [rule for rule in book.structural() if rule.check == name] for name in _ENFORCED_BY}
        review = _Review(self, ChangeApprovals(change, self._people, signatures), head)
        found: list[Finding] = []
        for name, parts in (
            (_OWNED, review.owners_missing),
            (_LOOSENED, review.loosenings_unapproved),
            (_RECORDED, review.records_missing),
            (_REVIEWED, review.reviews_missing),
        ):
            found += [self._finding(rule, part) for rule in rules[name] for part in parts()]
        return tuple(found)

    def _finding(self, rule: Rule, lack: "_Lack") -> Finding:
        terms = self.base.repository.organisation.change_control if self.base.repository.organisation else Terms()
        enforce = terms.records if rule.check == _RECORDED else terms.approvals
        if rule.id != rule.check:
            enforce = rule.enforcement  # a rule of the organisation's own, which tightens ours
        return Finding(
            rule=rule.id,
            severity=rule.severity,
            enforce=min(enforce, Enforcement.WARN, key=lambda one: one.rank) if lack.later else enforce,
            message=lack.message,
            place=lack.place,
            pointer=lack.pointer,
            controls=rule.controls,
            remedy=lack.remedy or rule.remedy,
            because=lack.because,
            owner=lack.owner,
            introduced=True,
        )

    @cached_property
    def _people(self) -> People:
        roles = self.base.repository.only(Roles)
        nobody = Roles.model_construct(owner="", people=(), posts=(), accountable=(), delegations=())
        return People(roles or nobody, self.on or _NO_DAY, session_terms(self.base.repository.organisation))

    @cached_property
    def _owners(self) -> Owners:
        return Owners(self._people, self.file, self.base.repository.organisation)

    @property
    def owners(self) -> Owners:
        """Who owns what."""
        return self._owners

    @property
    def unreadable(self) -> str | None:
        """A file that says who is who and cannot be read; then nobody can approve anything."""
        failed = {error.place.file for error in self.base.errors}
        return next((path for path in ("roles.yaml", "care.yaml") if path in failed), None)


_ENFORCED_BY = (_OWNED, _LOOSENED, _RECORDED, _REVIEWED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lack:
    """Something that is missing, before a rule gives it weight."""

    message: str
    place: Place
    pointer: Pointer = ()
    because: tuple[str, ...] = ()
    owner: str | None = None
    remedy: str | None = None
    later: bool = False
    """Whether it is for a review afterwards and holds nothing up."""


@dataclass(frozen=True)
class _Review:
    """One change held against the rules of its base."""

    control: ChangeControl
    given: ChangeApprovals
    head: Compiled

    @property
    def _change(self) -> Change:
        return self.given.change

    @cached_property
    def _comparison(self) -> Comparison:
        return compare_promises(self.control.base.repository, self.head.repository)

    @property
    def _active(self) -> bool:
        return self.control.owners.declared

    def owners_missing(self) -> Iterator[_Lack]:
        """Altered paths that an owner did not approve."""
        if self.control.unreadable is not None:
            path = self.control.unreadable
            message = f"{path} of the base cannot be read: nobody can tell who owns what, and nobody can approve"
            remedy = f"mend {path} in the base; whoever runs the repository lets that one change in by hand"
            yield _Lack(message=message, place=Place(path), remedy=remedy)
            return
        for path in sorted(self._change.after) if self._active else ():
            groups = self.control.owners.of(path)
            verdict = self.given.verdict(path, groups)
            if not verdict.missing:
                continue
            names = _named(verdict)
            if path in self._comparison.stricter_only and (self._change.after[path] or "100").startswith("100"):
                message = f"{path} was only made stricter, which counts at once; to be reviewed by {names}"
                yield _Lack(message=message, place=Place(path), owner=_post(verdict), later=True)
                continue
            verb = "is gone" if self._change.after[path] is None else "has changed"
            because = (*self._said(path), *verdict.because)
            message = f"{path} {verb} without the approval of {names}"
            yield _Lack(message=message, place=Place(path), because=because, owner=_post(verdict))

    def _said(self, path: str) -> Iterator[str]:
        yield from (f"a loosening: {shift.what}" for shift in self._comparison.shifts if self._is(shift, path))
        yield from (note for where, note in self._comparison.conflicts if where == path)
        yield from self._undated()

    def _is(self, shift: Shift, path: str) -> bool:
        return shift.path == path and shift.loosens

    def _undated(self) -> Iterator[str]:
        roles = self.control.base.repository.only(Roles)
        bounded = roles is not None and (roles.delegations or any(post.acting for post in roles.posts))
        if self.control.on is None and bounded:
            yield "without --on DATE nobody who stands in for a time, or to whom an authority was lent, counts"

    def loosenings_unapproved(self) -> Iterator[_Lack]:
        """Loosenings to which the owner of what is loosened did not agree."""
        for shift in self._comparison.shifts if self._active and self.control.unreadable is None else ():
            if not shift.loosens:
                continue
            groups = self._owners_of(shift)
            path = shift.path if shift.path in self._change.after else self._moved_to(shift)
            verdict = self.given.verdict(path, groups) if path in self._change.after else None
            if verdict is not None and not verdict.missing:
                yield from self._second_missing(shift, path, groups)
                continue
            names = _named(verdict) if verdict is not None else ", ".join(map(_group, groups))
            message = f"a loosening without the approval of {names}: {shift.what}"
            because = (*self._undated(), *(verdict.because if verdict else ()))
            owner = _post(verdict) if verdict else None
            yield _Lack(message=message, place=self._place(shift), pointer=shift.pointer, because=because, owner=owner)

    def _second_missing(self, shift: Shift, path: str, groups: tuple[OwnerGroup, ...]) -> Iterator[_Lack]:
        """The second voice that a loosening for a system of tier high or above takes: a control, a threshold."""
        reached, authorities = self._reached(shift, path)
        so_far = second_voice_missing(path, groups, self.given, authorities) if reached else None
        if so_far is None:
            return
        message = f"a loosening that reaches {', '.join(reached)} and takes two people of two posts: {shift.what}"
        because = (f"so far {', '.join(so_far) or 'nobody'} agreed", *self._undated())
        remedy = f"let a second post that may {' or '.join(authorities)} sign the change as well"
        yield _Lack(message=message, place=self._place(shift), pointer=shift.pointer, because=because, remedy=remedy)

    def _reached(self, shift: Shift, path: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Systems of tier high or above that a loosening reaches, and what the second post has to carry."""
        if path == _CONTROLS:
            return reached_by_exclusion(self.head.repository, shift.pointer), FOR_EXCLUSIONS
        kind = kind_of(path)
        if kind is None or kind[0].name != _MONITORS or kind[1] is None:
            return (), ()
        tier = self._tier_of(path)
        return ((kind[1],) if tier is not None and tier.rank >= Tier.HIGH.rank else ()), FOR_THRESHOLDS

    def reviews_missing(self) -> Iterator[_Lack]:
        """Reviews by several functions that the base asks for and the change does not have."""
        for one in self.reviews() if self.control.unreadable is None else ():
            if one.short:
                because = (*one.because, *self._undated())
                yield _Lack(message=one.message, place=Place(one.short[0]), because=because)

    def reviews(self) -> Iterator[ReviewOutcome]:
        """Reviews by several functions that the base asks of this change."""
        organisation = self.control.base.repository.organisation
        wanted = organisation.change_control.reviews if organisation else ()
        return judge_reviews(wanted, self.given, self._tier_of)

    def _tier_of(self, path: str) -> Tier | None:
        """The higher tier, before and after, of the system that a path belongs to; null when it belongs to none."""
        trees = (self.control.base.repository, self.head.repository)
        tiers = [
            system.tier
            for tree in trees
            for document, system in tree.all(System)
            if path.startswith(f"systems/{document.folder}/") or path_fits(path, system.artefacts)
        ]
        return max(tiers, key=lambda tier: tier.rank, default=None)

    def _moved_to(self, shift: Shift) -> str:
        """Where a promise stands now, when its file of the base is as it was."""
        rules = {rule.id: document.path for document, file in self.head.repository.all(RuleFile) for rule in file.rules}
        return rules.get(shift.rule or "", shift.path)

    def _owners_of(self, shift: Shift) -> tuple[OwnerGroup, ...]:
        """Who answers for a promise: of a waived rule, whoever owns its file; of a document, the post it names."""
        owners = self.control.owners
        if shift.rule is not None:
            files = self.control.base.repository.all(RuleFile)
            path = next((d.path for d, file in files if any(rule.id == shift.rule for rule in file.rules)), None)
            return (owners.of(path) if path else ()) or owners.responsible
        nouns = {document.path: document.noun for document in self.control.base.repository.documents}
        noun = nouns.get(shift.path)
        if isinstance(noun, Governed):
            return (owners.post(noun.owner),)
        return owners.of(shift.path) or owners.responsible

    def _place(self, shift: Shift) -> Place:
        raw = self.head.sources.get(shift.path)
        if raw is None:
            return Place(shift.path)
        return places_in(shift.path, raw, frozenset({shift.pointer}))[shift.pointer]

    def records_missing(self) -> Iterator[_Lack]:
        """Altered policies and rules that no change record of the same change is about."""
        records = [
            record
            for document, record in self.head.repository.all(ChangeRequest)
            if document.path in self._change.after and self._change.after[document.path] is not None
        ]
        for path in sorted(self._change.after) if self._active else ():
            kind = kind_of(path)
            if kind is None or kind[0].name not in _RECORDED_KINDS:
                continue
            told = any(path_matches(f"/{touched.lstrip('/')}", path) for one in records for touched in one.touches)
            if not told:
                yield _Lack(message=f"no change record says why {path} changed", place=Place(path))


def _named(verdict: Verdict) -> str:
    return ", ".join(map(_group, verdict.missing))


def _group(group: OwnerGroup) -> str:
    who = " or ".join(sorted(group.people)) or "nobody who could approve it now"
    return f"{group.name} ({who})"


def _post(verdict: Verdict) -> str | None:
    return next((group.post for group in verdict.missing if group.post is not None), None)
