"""Explain an alarm as a chain: policy sentence, rule, monitor, result, evidence; then what was done (R24, R52).

The documents are those that are read now; where the monitor stands there no longer, the chain says so and the records
of the ledger still tell what it found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from careloop.checks.catalogue import Catalogue
from careloop.checks.rule_book import DEFAULT_PACKS, build_rule_book
from careloop.checks.subjects import Cases
from careloop.domain.explanation import Explanation, ExplanationLine, ExplanationSection
from careloop.domain.monitor import Monitor, Monitors
from careloop.domain.plan_steps import RaisedAlarm
from careloop.domain.policy import Policy
from careloop.domain.repository import Repository
from careloop.domain.rule import Rule, RuleFile, Subject
from careloop.domain.tier import Moment
from careloop.plans.alarm_story import alarm_story
from careloop.plans.automation_history import plans_of
from careloop.plans.plan_record import read_alarm
from careloop.ports.ledger import Entry
from careloop.rules.evaluate import is_triggered

__all__ = ["explain_alarm", "rules_of"]

_ABOUT_MONITORS: Final = re.compile(r"\bmonitors\b")


def explain_alarm(entries: Sequence[Entry], alarm: str, *, repository: Repository, catalogue: Catalogue) -> Explanation:
    """The chain and the story of the alarm with this id; raises `NotFound` when it is not among the entries.

    `entries` are those that automation reads (`automation_history.READS`), in the order of the log.
    """
    first, *rest = alarm_story(entries, alarm)
    raised = next(one for one in entries if one.record.id == alarm)
    value = raised.record.data.get("alarm")
    known = read_alarm(value if isinstance(value, dict) else {})
    path, monitor = _monitor(repository, known)
    rules = _rules_about(repository, catalogue, known.system)
    sections = (
        ("Policy sentence", _statements(repository, {rule.id for rule in rules})),
        ("Rule", [ExplanationLine(rule.sentence, rule.id) for rule in rules]),
        ("Monitor", [_watches(known, path, monitor)]),
        ("Result", [ExplanationLine(first.partition(": ")[2] or first)]),
        ("Evidence", list(_evidence(entries, raised, known))),
        ("What happened", [ExplanationLine(line) for line in rest]),
    )
    made = tuple(ExplanationSection(heading, tuple(lines)) for heading, lines in sections)
    return Explanation(alarm, "alarm", first, None, tuple(one for one in made if one.lines))


def rules_of(repository: Repository, catalogue: Catalogue) -> Iterator[tuple[Rule, str]]:
    """Every rule in force with where it stands: those of the packs that the organisation names, then its own."""
    organisation = repository.organisation
    for name in organisation.rule_packs if organisation else DEFAULT_PACKS:
        pack = catalogue.packs.get(name)
        yield from ((rule, f"pack {name}") for rule in (pack.rules if pack else ()))
    for document, file in repository.all(RuleFile):
        yield from ((rule, document.path) for rule in file.rules)


def _monitor(repository: Repository, known: RaisedAlarm) -> tuple[str, Monitor | None]:
    for document, noun in repository.all(Monitors):
        for one in noun.monitors:
            if (document.folder, one.id) == (known.system, known.signal.monitor):
                return document.path, one
    return f"systems/{known.system}/monitors.yaml", None


def _rules_about(repository: Repository, catalogue: Catalogue, system: str) -> list[Rule]:
    """Rules that ask something of the monitors of this very system: they read them, and apply to it."""
    book = build_rule_book(repository, catalogue, frozenset({Moment.CHANGE}))
    cases = Cases(repository, None)
    case = next((one for one in cases.of(Subject.SYSTEM) if one.id == system), None)
    return [
        compiled.rule
        for compiled in book.at(Moment.CHANGE)
        if compiled.rule.subject is Subject.SYSTEM
        and _ABOUT_MONITORS.search(f"{compiled.rule.applies} {compiled.rule.require or ''}")
        and (case is None or is_triggered(compiled, cases.bound(case, compiled.vocabulary)))
    ]


def _statements(repository: Repository, rules: Iterable[str]) -> list[ExplanationLine]:
    named = set(rules)
    return [
        ExplanationLine(statement.text, f"{document.path}#{statement.number}")
        for document, policy in repository.all(Policy)
        for statement in policy.statements
        if named.intersection(statement.rules)
    ]


def _watches(known: RaisedAlarm, path: str, monitor: Monitor | None) -> ExplanationLine:
    if monitor is None:
        return ExplanationLine(f"{known.signal.monitor} of {known.system}: {path} declares it no longer", path)
    by = f" by {monitor.by}" if monitor.by else ""
    return ExplanationLine(
        f"{monitor.id} ({monitor.kind.value}): {monitor.measure}{by} in windows of {monitor.window} against "
        f"{monitor.reference.value.replace('_', ' ')}, tolerance {monitor.tolerance:g}, at most one false alarm in "
        f"{monitor.promise}; its alarm means {monitor.response.value.replace('_', ' ')}",
        path,
    )


def _evidence(entries: Iterable[Entry], raised: Entry, known: RaisedAlarm) -> Iterator[ExplanationLine]:
    rows = known.rows
    yield ExplanationLine(
        f"{rows.n:,} rows of release {rows.release[:19]}, counts with SHA-256 {rows.digest[:19]}", _named(raised)
    )
    where = {"system": known.system, "environment": known.environment}
    log = list(entries)
    plan = next((one.plan for one in plans_of(log, **where) if one.plan.alarm == raised.record.id), None)
    for entry in log if plan is not None else ():
        if plan is not None and plan.id in (entry.record.id, entry.record.data.get("plan")):
            yield ExplanationLine(_words(entry.record.data, entry.record.type), _named(entry))


def _words(data: Mapping[str, object], kind: str) -> str:
    because, steps = data.get("because"), data.get("steps")
    if isinstance(because, str):
        return f"{kind.replace('.', ' ')}: {because}"
    done = [one for one in steps if isinstance(one, Mapping)] if isinstance(steps, list | tuple) else []
    said = ", ".join(f"{one.get('place')} {one.get('outcome')}" for one in done)
    return f"{kind.replace('.', ' ')}{': ' if said else ''}{said}"


def _named(entry: Entry) -> str:
    return f"{entry.record.type}#{entry.index}"
