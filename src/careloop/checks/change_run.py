"""Run the checks of a change over the documents they speak about. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from careloop.checks.catalogue import Catalogue
from careloop.checks.change import COMPARISONS, ChangeGround, Touched, touched_by_system
from careloop.checks.run import breach_finding
from careloop.checks.set_aside import set_aside
from careloop.documents.compile import Compiled, compile_tree, places_in
from careloop.domain.change_review import ChangeReview
from careloop.domain.finding import Finding
from careloop.domain.repository import Repository
from careloop.domain.rule import Rule
from careloop.domain.source_tree import SourceTree

__all__ = ["check_change"]


def check_change(change: ChangeReview, catalogue: Catalogue, on: date | None = None) -> tuple[Finding, ...]:
    """Findings that only the comparison of two trees can show; each is the change's own."""
    compiled = _needed(change.new)
    after = compiled.repository
    touched = tuple(Touched(system, files) for system, files in change.watched.items())
    ground = ChangeGround(
        before=_needed(change.old).repository,
        after=after,
        findings=change.after.findings,
        known=frozenset(finding.id for finding in change.before.findings),
        touched=touched or touched_by_system(change.changed, after),
        card_at=change.card_at,
        unreadable=frozenset(error.place.file for error in compiled.errors),
    )
    found = [
        _waived(rule, replace(breach_finding(rule, breach, on), introduced=True), after, on)
        for rule in _rules(catalogue)
        for breach in COMPARISONS[str(rule.check)](ground)
    ]
    return tuple(_placed(finding, change.new) for finding in found)


def _rules(catalogue: Catalogue) -> Iterator[Rule]:
    """Of every pack that ships, whether the repository names it or not: no change may switch its own checks off."""
    return (rule for pack in catalogue.packs.values() for rule in pack.rules if rule.check in COMPARISONS)


def _waived(rule: Rule, finding: Finding, after: Repository, on: date | None) -> Finding:
    """A change may be let through by a waiver of its rule, never as known debt: it is nothing that was there before."""
    if not rule.waiver.allowed:
        return finding
    no_debt = Repository(tuple(document for document in after.documents if document.kind != "baseline"))
    return set_aside(finding, no_debt, {rule.id: rule}.get, on)


def _needed(tree: SourceTree) -> Compiled:
    """Only the documents that the checks of a change read; the whole tree has been checked already."""
    kept = {path: raw for path, raw in tree.files.items() if _is_needed(path)}
    return compile_tree(SourceTree(kept))


def _is_needed(path: str) -> bool:
    beside = path.startswith("systems/") and path.endswith(("/system.yaml", "/card.md"))
    return beside or path in ("care.yaml", "baseline.yaml") or path.startswith(("risk/register/", "waivers/"))


def _placed(finding: Finding, tree: SourceTree) -> Finding:
    if finding.place.line or finding.place.file not in tree.files:
        return finding
    raw = tree.files[finding.place.file]
    places = places_in(finding.place.file, raw, frozenset({finding.pointer}))
    return replace(finding, place=places[finding.pointer])
