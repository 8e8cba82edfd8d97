"""The rules in force in a repository: its packs, with its local rules laid over them, compiled."""

from collections.abc import Iterator
from dataclasses import dataclass

from careloop.checks.catalogue import Catalogue
from careloop.checks.vocabulary import vocabulary_for
from careloop.domain.repository import Repository
from careloop.domain.rule import Rule, RuleFile
from careloop.domain.tier import Moment
from careloop.rules.compile_rules import compile_rules, shipped_rules
from careloop.rules.compiled_rule import CompiledRule, RuleProblem
from careloop.rules.overlay import overlay
from careloop.rules.run_cases import run_cases
from careloop.rules.vocabulary import Vocabulary

__all__ = ["DEFAULT_PACKS", "RuleBook", "build_rule_book", "vocabulary_of"]

DEFAULT_PACKS = ("careloop/base@1",)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Rules that can be evaluated, and what is wrong with the local ones."""

    rules: tuple[CompiledRule, ...]
    problems: tuple[RuleProblem, ...]
    unknown_packs: tuple[tuple[int, str], ...]
    """Position in `rule_packs` and name of packs that do not ship with this version."""
    names: frozenset[str]
    """Ids of all rules, of every moment."""

    def rule(self, name: str) -> Rule | None:
        """The rule of an id, if it is among those that were compiled."""
        return next((rule.rule for rule in self.rules if rule.rule.id == name), None)

    def at(self, moment: Moment) -> Iterator[CompiledRule]:
        """Rules of a moment with an expression, packs first."""
        return (rule for rule in self.rules if rule.rule.moment is moment and rule.require is not None)

    def structural(self) -> Iterator[Rule]:
        """Rules that name a structural check."""
        return (rule.rule for rule in self.rules if rule.rule.check is not None)


def vocabulary_of(rule: Rule) -> Vocabulary:
    """Variables a rule may use; the clock is out of reach at moment `change` (CONTRACTS, Commands)."""
    return vocabulary_for(rule.subject, clock=rule.moment is not Moment.CHANGE)


def build_rule_book(repository: Repository, catalogue: Catalogue, moments: frozenset[Moment]) -> RuleBook:
    """Compile the local rules, and take those pack rules that belong to the moments asked for.

    Local rules of every moment are compiled and their cases run, so that a mistake shows when it is written.
    """
    organisation = repository.organisation
    wanted = organisation.rule_packs if organisation else DEFAULT_PACKS
    unknown = tuple((position, name) for position, name in enumerate(wanted) if name not in catalogue.packs)
    packs = [catalogue.packs[name] for name in wanted if name in catalogue.packs]
    files = [(document.path, file) for document, file in repository.all(RuleFile)]
    local_rules = [rule for _, file in files for rule in file.rules]
    tightened = {rule.tightens for rule in local_rules}
    chosen = [
        rule
        for pack in packs
        for rule in pack.rules
        if rule.moment in moments or rule.check is not None or rule.id in tightened
    ]
    pack_rules = shipped_rules(chosen, vocabulary_of) if chosen else ()
    local: list[CompiledRule] = []
    problems: list[RuleProblem] = []
    for path, file in files:
        compiled = compile_rules(file, vocabulary_of, source=path)
        local.extend(compiled.rules)
        problems.extend(compiled.problems)
        problems.extend(problem for rule in compiled.rules for problem in run_cases(rule))
    laid = overlay(pack_rules, local)
    names = frozenset(rule.id for pack in packs for rule in pack.rules) | {rule.id for rule in local_rules}
    return RuleBook(laid.rules, (*problems, *laid.problems), unknown, names)
