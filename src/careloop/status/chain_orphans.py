"""What the chain does not reach: rules nobody decided on, checks and monitors nobody asks for, claims nothing can show.

Two of them are findings of `care check` as well: a local rule that no statement names, a statement with nothing behind.
"""

from collections.abc import Collection, Iterator

from careloop.checks.catalogue import Catalogue
from careloop.checks.rule_book import RuleBook
from careloop.checks.run import known_checks
from careloop.domain.chain import Orphan
from careloop.domain.monitor import Monitors
from careloop.domain.policy import Policy
from careloop.domain.repository import Repository
from careloop.domain.standard import Claim, RecordEvidence
from careloop.ledger.record_types import STANDARD_TYPES

__all__ = ["orphans_of"]


def orphans_of(
    repository: Repository, book: RuleBook, catalogue: Catalogue, watched: Collection[str]
) -> Iterator[Orphan]:
    """Everything that hangs nowhere, in the order of the chain; `watched` are the monitors that a rule asks for."""
    yield from _statements(repository)
    yield from _rules(repository, book)
    named = {rule.check for rule in book.structural()}
    for check in sorted(known_checks() - named):
        yield Orphan(kind="check", id=check, why="no rule in force names this check")
    for document, monitors in repository.all(Monitors):
        for monitor in monitors.monitors:
            if f"{document.folder}/{monitor.id}" not in watched:
                why = f"no rule asks for a monitor of kind {monitor.kind} or for {monitor.measure}"
                yield Orphan(kind="monitor", id=f"{document.folder}/{monitor.id}", why=why)
    for requirement, claims in catalogue.claims.items():
        for claim in claims:
            if _cannot_be_shown(claim):
                yield Orphan(kind="claim", id=claim.id, why=f"no record that shows it is written yet ({requirement})")


def _statements(repository: Repository) -> Iterator[Orphan]:
    for document, policy in repository.all(Policy):
        for statement in policy.statements:
            if not statement.rules and statement.manual is None:
                name = f"{document.path}#{statement.number}"
                yield Orphan(kind="statement", id=name, why="it names no rule and nobody who attests it", finding=True)


def _rules(repository: Repository, book: RuleBook) -> Iterator[Orphan]:
    named = {rule for policy in repository.nouns(Policy) for one in policy.statements for rule in one.rules}
    for compiled in book.rules:
        if compiled.id in named or compiled.rule.tightens in named:
            continue
        if not compiled.source:
            yield Orphan(kind="rule", id=compiled.id, why="it comes with a pack, and no statement of a policy names it")
        else:
            finding = compiled.rule.tightens is None
            yield Orphan(kind="rule", id=compiled.id, why="no statement of a policy names it", finding=finding)


def _cannot_be_shown(claim: Claim) -> bool:
    """Whether only records could show it, and of no type that this version writes."""
    evidence = claim.any_of or tuple(one for one in (claim.document, claim.record) if one is not None)
    return bool(evidence) and all(
        isinstance(one, RecordEvidence) and one.source == "ledger" and not set(one.types) & STANDARD_TYPES.keys()
        for one in evidence
    )
