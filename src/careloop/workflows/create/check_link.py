"""Check a code repository against the governance repository that it is linked to (SEMANTICS 9; R39, R81).

The card that lies beside the code is put in its place among the governance documents of the pinned commit; what is then
wrong with this one system is told where whoever writes the code can see it: in their card, or at their link.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from careloop.documents.problem import Problem
from careloop.documents.validation import validate
from careloop.documents.yaml_exact import locate
from careloop.documents.yaml_text import decode, read_yaml
from careloop.domain.change_review import ChangeReview
from careloop.domain.check import CheckResult, TreeCheck
from careloop.domain.finding import Finding
from careloop.domain.link import Link, read_governance
from careloop.domain.link_file import LINK_FILE
from careloop.domain.path_pattern import path_fits
from careloop.domain.place import Place
from careloop.domain.source_tree import SourceTree
from careloop.domain.tier import Enforcement, Severity
from careloop.errors import InvalidInput
from careloop.ports.code_source import CodeSource
from careloop.ports.governance_store import GovernanceStore
from careloop.ports.result_cache import ResultCache
from careloop.ports.standards_library import StandardsLibrary, standards_digest
from careloop.workflows.create.check_repository import DiffRange, RememberedChecks, marked
from careloop.workflows.create.link_terms import LinkTerms

__all__ = ["check_link", "read_link"]


def read_link(raw: bytes) -> Link:
    """The link as a noun. Raises InvalidInput that names everything that is wrong with it, by line."""
    text = decode(raw)
    if isinstance(text, Problem):
        raise InvalidInput(f"{LINK_FILE}:{text.line or 1}: {text.message}")
    reading = read_yaml(text)
    found = reading.problems or validate(TypeAdapter(Link), Link, reading.value)
    if isinstance(found, tuple):
        wanted = frozenset(problem.pointer for problem in found if problem.line is None)
        places = locate(text, wanted) if wanted else {}
        told = [f"{LINK_FILE}:{one.line or places[one.pointer][0]}: {one.message}" for one in found]
        raise InvalidInput("; ".join(told), hint=_EXAMPLE)
    assert isinstance(found, Link)
    return found


_EXAMPLE = "it holds `governance: URL@ref`, `system`, `watch` and, where the card lies beside the code, `card`"


def check_link(
    code: CodeSource,
    store: GovernanceStore,
    *,
    standards: StandardsLibrary,
    cache: ResultCache,
    terms: LinkTerms,
) -> CheckResult:
    """Check the system of a code repository. With a range, what the range did not touch is greyed.

    Raises NotFound where the governance repository is out of reach and was never pinned; InvalidInput for a bad link.
    """
    diff = terms.diff
    revision = diff.head if diff else None
    raw = code.read(LINK_FILE, revision)
    if raw is None:
        raise InvalidInput(f"there is no {LINK_FILE} at {revision or 'the work tree'}", hint=_EXAMPLE)
    link = read_link(raw)
    pinned = store.pinned(read_governance(link.governance), folder=link.folder, offline=terms.offline)
    governed = pinned.source.work_tree() if pinned.revision is None else pinned.source.at(pinned.revision)
    files = standards.read_all()
    remembered = RememberedChecks(files, standards_digest(files), cache, terms.on)
    here = _Composite(link, governed, code)
    new = here.at(revision)
    after = remembered.check(new)
    findings = after.findings
    if f"systems/{link.system}/system.yaml" not in governed.files:
        findings = (_unknown_system(link), *findings)
    elif diff is not None:
        findings = _of_change(here, diff, new, after, remembered)
    head = code.head()
    at_range = diff is not None and diff.head is not None
    return CheckResult(
        checked=TreeCheck(after.documents, tuple(here.shown(after.errors)), tuple(here.shown(findings))),
        commit=code.resolve(str(revision)) if at_range else head.commit,
        dirty=False if at_range else head.dirty,
        standards_digest=standards_digest(files),
        governance=pinned.pin,
    )


def _unknown_system(link: Link) -> Finding:
    return Finding(
        rule="reference-exists",
        severity=Severity.MUST,
        enforce=Enforcement.BLOCK,
        message=f"there is no system '{link.system}' in the inventory of {link.governance}",
        place=Place(LINK_FILE),
        pointer=("system",),
        remedy="name a system of the governance repository, or propose systems/<id>/system.yaml there",
        introduced=True,
    )


def _of_change(
    here: "_Composite", diff: DiffRange, new: SourceTree, after: TreeCheck, remembered: RememberedChecks
) -> tuple[Finding, ...]:
    """Findings marked by whether the range brought or touched them, and what its artefacts want (R39)."""
    link = here.link
    old = here.at(diff.base)
    before = remembered.check(old)
    touched = here.code.touched(diff.base, diff.head)
    patterns = (*link.watch, *_watched_before(here.code, diff.base))
    watched = tuple(sorted(path for path in touched if path_fits(path, patterns) and path != link.card))
    gone = (link.card,) if link.card and link.card in touched and here.card_path not in new.files else ()
    changed = frozenset({here.card_path} if link.card in touched else ())
    findings = tuple(marked(finding, before, changed) for finding in after.findings)
    if not watched and not gone:
        return findings
    card_at = {link.system: here.card_path}
    return findings + remembered.change(
        ChangeReview(old, new, before, after, watched={link.system: (*watched, *gone)}, card_at=card_at)
    )


def _watched_before(code: CodeSource, base: str) -> tuple[str, ...]:
    """What was watched before the change: a change that takes a pattern out does not escape it."""
    raw = code.read(LINK_FILE, base)
    try:
        return read_link(raw).watch if raw is not None else ()
    except InvalidInput:
        return ()


@dataclass(frozen=True)
class _Composite:
    """The governance documents with the card that lies beside the code among them."""

    link: Link
    governed: SourceTree
    code: CodeSource

    @property
    def card_path(self) -> str:
        """Where the card stands among the governance documents."""
        return f"systems/{self.link.system}/card.md"

    def at(self, revision: str | None) -> SourceTree:
        """The tree for a revision of the code."""
        if self.link.card is None:
            return self.governed
        files: Mapping[str, bytes] = {path: raw for path, raw in self.governed.files.items() if path != self.card_path}
        raw = self.code.read(self.link.card, revision)
        return replace(self.governed, files=files if raw is None else {**files, self.card_path: raw})

    def shown(self, findings: tuple[Finding, ...]) -> Iterator[Finding]:
        """Those that are about this system, each at a place in the code repository."""
        for finding in findings:
            file = finding.place.file
            if file == self.card_path and self.link.card is not None:
                yield replace(finding, place=replace(finding.place, file=self.link.card))
            elif finding.rule == "artefact-covered":
                yield self._in_own_words(finding)
            elif file == LINK_FILE:
                yield finding
            elif self._is_ours(finding):
                message = f"{finding.message} (governance repository, {finding.place})"
                yield replace(finding, place=Place(LINK_FILE), pointer=(file, *finding.pointer), message=message)

    def _is_ours(self, finding: Finding) -> bool:
        mine = finding.subject == self.link.system or finding.place.file.startswith(f"systems/{self.link.system}/")
        unread = finding.place.file in ("care.yaml", "risk/criteria.yaml") and not finding.controls
        return mine or unread

    def _in_own_words(self, finding: Finding) -> Finding:
        if self.link.card is None:
            return finding
        return replace(finding, message=finding.message.replace(self.card_path, self.link.card))
