"""Check a governance repository: a function of its tree, and of a day only when one is given."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from careloop import __version__
from careloop.checks.tree_digests import core_digest, file_digests, tree_digest
from careloop.domain.change_review import ChangeReview
from careloop.domain.check import CheckResult, TreeCheck
from careloop.domain.finding import Finding
from careloop.domain.place import Place
from careloop.domain.source_tree import SourceTree
from careloop.domain.tier import Enforcement, Severity
from careloop.ports.change_history import ChangeHistory
from careloop.ports.code_source import CodeSource
from careloop.ports.repository_source import RepositorySource
from careloop.ports.result_cache import ResultCache
from careloop.ports.standards_library import StandardsLibrary, standards_digest

__all__ = ["DiffRange", "RememberedChecks", "check_commit", "check_repository", "marked"]


class DiffRange:
    """`BASE..HEAD`, or `BASE` alone for what the work tree adds to it.

    With a history, a range that ends in a commit also needs its owners' approval and its record. `code` tells which
    files of other kinds the range touched, so that changed artefacts are asked for card and risk.
    """

    def __init__(self, text: str, history: ChangeHistory | None = None, code: CodeSource | None = None) -> None:
        self.history = history
        self.code = code
        base, dots, head = text.partition("..")
        self.base = base or "HEAD"
        self.head: str | None = (head.lstrip(".") or "HEAD") if dots else None


def check_repository(
    source: RepositorySource,
    *,
    standards: StandardsLibrary,
    cache: ResultCache,
    diff: DiffRange | None = None,
    on: date | None = None,
) -> CheckResult:
    """Check the work tree; or, with a range, its head, marking what the range introduced or touched.

    Errors always count: what cannot be read cannot be judged. Raises NotFound for a revision that does not exist.
    """
    files = standards.read_all()
    digest = standards_digest(files)
    remembered = RememberedChecks(files, digest, cache, on)
    head = source.head()
    if diff is None:
        checked = remembered.check(source.work_tree())
        return CheckResult(checked=checked, commit=head.commit, dirty=head.dirty, standards_digest=digest)
    tree = source.work_tree() if diff.head is None else source.at(diff.head)
    old = source.at(diff.base)
    after, before = remembered.check(tree), remembered.check(old)
    changed = source.changed(diff.base, diff.head)
    findings = tuple(marked(finding, before, changed) for finding in after.findings)
    others = (diff.code.touched(diff.base, diff.head) if diff.code else frozenset()) - changed
    told: tuple[Finding, ...] = ()
    if others or any(map(_wants_comparison, changed)):
        told += remembered.change(ChangeReview(old, tree, before, after, changed=others))
    if diff.history is not None and diff.head is not None:
        told += remembered.control(source, diff.history, (diff.base, diff.head))
    if told:
        findings = tuple(sorted((*findings, *told), key=lambda one: (one.place, one.rule, one.message)))
    return CheckResult(
        checked=replace(after, findings=findings),
        commit=head.commit if diff.head is None else source.resolve(diff.head),
        dirty=head.dirty if diff.head is None else False,
        standards_digest=digest,
    )


def _wants_comparison(path: str) -> bool:
    """Whether a changed document is one that the trees before and after are compared about."""
    return path == "baseline.yaml" or (path.startswith("systems/") and path.endswith("/system.yaml"))


def check_commit(
    source: RepositorySource, revision: str, *, standards: StandardsLibrary, cache: ResultCache, on: date | None
) -> CheckResult:
    """Check the tree of one commit by itself."""
    files = standards.read_all()
    digest = standards_digest(files)
    checked = RememberedChecks(files, digest, cache, on).check(source.at(revision))
    return CheckResult(checked=checked, commit=source.resolve(revision), dirty=False, standards_digest=digest)


def marked(finding: Finding, before: TreeCheck, changed: frozenset[str]) -> Finding:
    """A finding is the change's own when it was not there before, or when the change touches its file.

    One that was set aside before and is no more counts as the change's own: somebody took its baseline or waiver away.
    """
    known = {other.id: other.set_aside is not None for other in before.findings}
    bared = known.get(finding.id, False) and finding.set_aside is None
    return replace(finding, introduced=finding.id not in known or bared or finding.place.file in changed)


@dataclass(frozen=True, slots=True)
class RememberedChecks:
    """Checks a tree once: the answer is kept by the digest of everything it depends on."""

    files: Mapping[str, bytes]
    digest: str
    cache: ResultCache
    on: date | None

    def check(self, tree: SourceTree) -> TreeCheck:
        """The tree's check, from the cache if it is there, or from that of a tree which differs little."""
        digests = file_digests(tree)
        key = self._key("check", tree_digest(tree, digests))
        kept = self.cache.get(key)
        if kept is not None:
            return _thawed(kept)
        # The rule engine and the document models take half a second to load; an answer from the cache needs neither.
        from careloop.checks.catalogue import Catalogue
        from careloop.checks.part import Memory, check_part, remember
        from careloop.checks.run import judge
        from careloop.documents.compile import compile_tree

        catalogue = Catalogue(self.files)
        beside = self._key("part", core_digest(tree, digests))
        known = self.cache.get(beside)
        memory: Memory | None = None
        if known is not None:
            found, _, files = known.partition(b"\n")
            memory = check_part(tree, digests, Memory.thawed(files, _thawed(found)), catalogue, self.on)
        if memory is None:
            judged = judge(compile_tree(tree), tree, catalogue, self.on)
            memory, checked = remember(judged, digests), judged.checked
        else:
            checked = memory.checked
        self.cache.put(key, _frozen(checked))
        if memory is not None:
            self.cache.put(beside, _frozen(checked) + b"\n" + memory.frozen())
        return checked

    def _key(self, what: str, digest: str) -> str:
        return f"{what}/{__version__}/{self.digest}/{self.on}/{digest}"

    def change(self, change: ChangeReview) -> tuple[Finding, ...]:
        """Findings about what a change did; not kept, for a change is looked at once."""
        from careloop.checks.catalogue import Catalogue
        from careloop.checks.change_run import check_change

        return check_change(change, Catalogue(self.files), self.on)

    def control(self, source: RepositorySource, history: ChangeHistory, span: tuple[str, str]) -> tuple[Finding, ...]:
        """What a change lacks of approval, leave to loosen and record; not kept, for signatures may come any minute."""
        from careloop.checks.catalogue import Catalogue
        from careloop.workflows.create.control_change import change_findings

        return change_findings(source, history, span, catalogue=Catalogue(self.files), on=self.on)


def _frozen(checked: TreeCheck) -> bytes:
    rows = [[_row(finding) for finding in part] for part in (checked.errors, checked.findings)]
    return json.dumps([checked.documents, *rows]).encode()


def _row(finding: Finding) -> list[object]:
    place = finding.place
    return [
        *(finding.rule, finding.severity.value, finding.enforce.value, finding.message),
        *([place.file, place.line, place.column], list(finding.pointer), list(finding.controls), finding.remedy),
        *(list(finding.because), finding.subject, finding.owner, finding.set_aside),
    ]


def _thawed(kept: bytes) -> TreeCheck:
    documents, errors, findings = json.loads(kept)
    return TreeCheck(documents, tuple(map(_finding, errors)), tuple(map(_finding, findings)))


def _finding(row: list[object]) -> Finding:
    rule, severity, enforce, message, place, pointer, controls, remedy, because, subject, owner, aside = row
    assert isinstance(place, list)
    assert isinstance(pointer, list)
    assert isinstance(controls, list)
    assert isinstance(because, list)
    return Finding(
        rule=str(rule),
        severity=Severity(str(severity)),
        enforce=Enforcement(str(enforce)),
        message=str(message),
        place=Place(*place),
        pointer=tuple(pointer),
        controls=tuple(controls),
        remedy=str(remedy),
        because=tuple(because),
        subject=None if subject is None else str(subject),
        owner=None if owner is None else str(owner),
        set_aside=None if aside is None else str(aside),
    )
