"""What a change does to the promises: which rule, threshold, control, waiver it loosens, and which it tightens.

Tightening takes effect at once; loosening waits for the owner of what is loosened; what cannot be told apart counts as
loosening (SEMANTICS 8). A rule that records a conflict with a law is neither: it stands there with law and article.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from careloop.checks.yardstick import (
    CALENDAR,
    CONTROLS,
    CRITERIA,
    EVALUATION,
    MONITORS,
    RULES,
    TIERS,
    Direction,
    Yardstick,
    moved,
)
from careloop.domain.calendar import EventCalendar
from careloop.domain.controls import ControlDecision, Controls
from careloop.domain.evolve import Baseline, Waiver
from careloop.domain.monitor import Monitors
from careloop.domain.noun import Noun
from careloop.domain.organisation import Organisation, Quorum
from careloop.domain.place import Pointer
from careloop.domain.repository import Repository
from careloop.domain.risk import RiskCriteria
from careloop.domain.rule import RuleFile
from careloop.domain.system import System
from careloop.domain.tier import Tier

__all__ = ["Comparison", "Shift", "compare_promises"]

_SAYS_NOTHING = frozenset({"version", "reviewed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One promise that moved."""

    path: str
    """File of the promise: as it is called in the base, or in the head when it is new."""
    pointer: Pointer
    """Where it stands in the head; of what is gone, the list it stood in."""
    direction: Direction
    what: str
    """In the reader's words: `tolerance of monitor input-drift: 0.1 -> 0.3`."""
    rule: str | None = None
    """For a waiver: the rule that it sets aside, whose owner has to agree."""

    @property
    def loosens(self) -> bool:
        """Whether it needs somebody's approval."""
        return self.direction is not Direction.STRICTER


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that moved between two trees."""

    shifts: tuple[Shift, ...]
    conflicts: tuple[tuple[str, str], ...]
    """File, and the conflict with a law that a rule in it records: not a loosening."""
    stricter_only: frozenset[str]
    """Files that say the same as before, but for promises that became stricter."""


@dataclass(frozen=True, slots=True)
class _Item:
    path: str
    pointer: Pointer
    noun: Noun


@dataclass(frozen=True, slots=True)
class _Sort:
    """How things of one sort are found and judged; `added` and `removed` say what that does to a promise."""

    word: str
    items: Callable[[Repository], Iterator[tuple[str, _Item]]]
    yardstick: Yardstick
    added: Callable[[Any], Direction]
    removed: Direction
    ruled: bool = False
    """Whether the promise that moves is that of a rule it names."""


def compare_promises(before: Repository, after: Repository) -> Comparison:
    """Compare the promises of two trees."""
    shifts = [shift for sort in _SORTS for shift in _shifts(sort, before, after)]
    shifts += _of_organisation(before.organisation, after.organisation)
    conflicts = tuple(_conflicts(before, after))
    stricter = _stricter_only(before, after, tuple(shifts)) - {path for path, _ in conflicts}
    return Comparison(tuple(shifts), conflicts, stricter)


def _shifts(sort: _Sort, before: Repository, after: Repository) -> Iterator[Shift]:
    old, new = dict(sort.items(before)), dict(sort.items(after))
    for key in dict.fromkeys((*old, *new)):
        was, now = old.get(key), new.get(key)
        here = now or was
        assert here is not None, "the key is of one of the two"
        rule = getattr(here.noun, "rule", None) if sort.ruled else None
        if was is None or now is None:
            direction = sort.added(here.noun) if was is None else sort.removed
            what = f"{sort.word} {key} {'is new' if was is None else 'is gone'}"
            pointer = here.pointer if was is None else here.pointer[:1]
            yield Shift(path=here.path, pointer=pointer, direction=direction, what=what, rule=rule)
        elif getattr(now.noun, "conflict", None) is None:
            for name, direction in moved(was.noun, now.noun, sort.yardstick):
                values = f"{_word(getattr(was.noun, name))} -> {_word(getattr(now.noun, name))}"
                what = f"{name} of {sort.word} {key}: {values}"
                yield Shift(path=was.path, pointer=(*now.pointer, name), direction=direction, what=what, rule=rule)


def _conflicts(before: Repository, after: Repository) -> Iterator[tuple[str, str]]:
    known = {rule.id: rule.conflict for file in before.nouns(RuleFile) for rule in file.rules}
    for document, file in after.all(RuleFile):
        for rule in file.rules:
            if rule.conflict is not None and rule.conflict != known.get(rule.id):
                yield document.path, f"rule {rule.id} records a conflict: {rule.conflict.law}, {rule.conflict.article}"


def _word(value: Any) -> str:
    if isinstance(value, Noun):
        return value.model_dump_json(exclude_defaults=True)
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_word, value)) + "]"
    return " ".join(str(value).split())


# --- what is compared -------------------------------------------------------------------------------------------------


def _rules(repository: Repository) -> Iterator[tuple[str, _Item]]:
    for document, file in repository.all(RuleFile):
        for position, rule in enumerate(file.rules):
            yield rule.id, _Item(document.path, ("rules", position), rule)


def _monitors(repository: Repository) -> Iterator[tuple[str, _Item]]:
    for document, noun in repository.all(Monitors):
        for position, monitor in enumerate(noun.monitors):
            yield f"{document.folder}/{monitor.id}", _Item(document.path, ("monitors", position), monitor)


def _events(repository: Repository) -> Iterator[tuple[str, _Item]]:
    for document, calendar in repository.all(EventCalendar):
        for position, event in enumerate(calendar.events):
            yield event.id, _Item(document.path, ("events", position), event)


def _decisions(repository: Repository) -> Iterator[tuple[str, _Item]]:
    for document, controls in repository.all(Controls):
        for position, decision in enumerate(controls.decisions):
            yield decision.control, _Item(document.path, ("decisions", position), decision)


def _custom(repository: Repository) -> Iterator[tuple[str, _Item]]:
    for document, controls in repository.all(Controls):
        for position, control in enumerate(controls.custom):
            yield control.id, _Item(document.path, ("custom", position), control)


def _waivers(repository: Repository) -> Iterator[tuple[str, _Item]]:
    yield from ((waiver.id, _Item(document.path, (), waiver)) for document, waiver in repository.all(Waiver))


def _baseline(repository: Repository) -> Iterator[tuple[str, _Item]]:
    for document, baseline in repository.all(Baseline):
        for position, item in enumerate(baseline.items):
            yield item.finding, _Item(document.path, ("items", position), item)


def _appetite(repository: Repository) -> Iterator[tuple[str, _Item]]:
    for document, criteria in repository.all(RiskCriteria):
        yield "of the risk criteria", _Item(document.path, ("appetite",), criteria.appetite)


def _tier_rules(repository: Repository) -> Iterator[tuple[str, _Item]]:
    for document, criteria in repository.all(RiskCriteria):
        for position, rule in enumerate(criteria.tiers):
            yield f"{rule.tier}: {rule.when}", _Item(document.path, ("tiers", position), rule)
        for position, trigger in enumerate(criteria.triggers):
            yield trigger.id, _Item(document.path, ("triggers", position), trigger)


def _systems(repository: Repository) -> Iterator[tuple[str, _Item]]:
    yield from ((system.id, _Item(document.path, (), system)) for document, system in repository.all(System))


def _expected(repository: Repository) -> Iterator[tuple[str, _Item]]:
    for document, system in repository.all(System):
        for position, one in enumerate(system.evaluation):
            yield f"{system.id}/{one.measure}", _Item(document.path, ("evaluation", position), one)


def _stricter(_: Noun) -> Direction:
    return Direction.STRICTER


def _looser(_: Noun) -> Direction:
    return Direction.LOOSER


def _decided(decision: ControlDecision) -> Direction:
    return Direction.STRICTER if decision.applicable else Direction.LOOSER


_EXPIRES = CONTROLS.judged["expires"]
_OWN = Yardstick({}, frozenset({"holds", "attested_by"}))
_WAIVERS = Yardstick({"expires": _EXPIRES}, frozenset({"rule", "subject"}))
_DEBT = Yardstick({"burn_down": _EXPIRES}, frozenset({"rule", "file"}))
_WHEN = Yardstick({}, frozenset({"when"}))
_SORTS = (
    _Sort("rule", _rules, RULES, _stricter, Direction.LOOSER),
    _Sort("monitor", _monitors, MONITORS, _stricter, Direction.LOOSER),
    _Sort("known event", _events, CALENDAR, _looser, Direction.STRICTER),
    _Sort("control", _decisions, CONTROLS, _decided, Direction.LOOSER),
    _Sort("own control", _custom, _OWN, _stricter, Direction.LOOSER),
    _Sort("waiver", _waivers, _WAIVERS, _looser, Direction.STRICTER, ruled=True),
    _Sort("baseline item", _baseline, _DEBT, _looser, Direction.STRICTER, ruled=True),
    _Sort("appetite", _appetite, CRITERIA, _stricter, Direction.LOOSER),
    _Sort("tier rule or trigger", _tier_rules, _WHEN, _stricter, Direction.LOOSER),
    _Sort("expected result", _expected, EVALUATION, _stricter, Direction.LOOSER),
    _Sort("system", _systems, TIERS, _stricter, Direction.UNCLEAR),
)


def _of_organisation(before: Organisation | None, after: Organisation | None) -> Iterator[Shift]:
    if before is None or after is None:
        return
    for name in sorted(set(before.rule_packs) - set(after.rule_packs)):
        yield _organisation_shift("rule_packs", Direction.LOOSER, f"rule pack {name} is gone")
    for out in after.scope.systems_excluded:
        if out.system not in {known.system for known in before.scope.systems_excluded}:
            yield _organisation_shift("scope", Direction.LOOSER, f"system {out.system} is taken out of the scope")
    for module, state in after.modules.items():
        if state == "off" and before.modules.get(module) != "off":
            yield _organisation_shift("modules", Direction.LOOSER, f"module {module} is switched off")
    for tier in Tier:
        was, now = before.approvals.get(tier, Quorum()), after.approvals.get(tier, Quorum())
        if was != now:
            direction = Direction.LOOSER if _asks_less(was, now) else Direction.STRICTER
            what = f"approvals of tier {tier}: {_word(was)} -> {_word(now)}"
            yield _organisation_shift("approvals", direction, what)
    for name in ("approvals", "records"):
        old, new = getattr(before.change_control, name), getattr(after.change_control, name)
        if old != new:
            direction = Direction.LOOSER if new.rank < old.rank else Direction.STRICTER
            yield _organisation_shift("change_control", direction, f"{name} of change_control: {old} -> {new}")
    yield from _of_reviews(before, after)


def _of_reviews(before: Organisation, after: Organisation) -> Iterator[Shift]:
    """A review that is new asks for more; one that is gone, or asks for something else, may ask for less (R28)."""
    old, new = ({one.id: one for one in each.change_control.reviews} for each in (before, after))
    for name in dict.fromkeys((*old, *new)):
        was, now = old.get(name), new.get(name)
        if was == now:
            continue
        direction = Direction.STRICTER if was is None else Direction.LOOSER if now is None else Direction.UNCLEAR
        how = "is new" if was is None else "is gone" if now is None else "asks for something else"
        yield _organisation_shift("change_control", direction, f"cross-functional review {name} {how}")


def _asks_less(was: Quorum, now: Quorum) -> bool:
    """Whether some set of approvals could be enough now that was not before; what cannot be told apart counts so."""
    if now.people < was.people:
        return True
    if was.functions is None:
        return False
    return (
        now.functions is None
        or now.functions.at_least < was.functions.at_least
        or not set(now.functions.of) <= set(was.functions.of)
    )


def _organisation_shift(field: str, direction: Direction, what: str) -> Shift:
    return Shift(path="care.yaml", pointer=(field,), direction=direction, what=what)


# --- files that became stricter and nothing else ----------------------------------------------------------------------

_COMPARED: Mapping[str, tuple[str, Yardstick]] = {
    "monitors": ("monitors", MONITORS),
    "rules": ("rules", RULES),
    "controls": ("decisions", CONTROLS),
}
"""Kind of document, and the list in it that may become stricter without anybody's leave."""


def _stricter_only(before: Repository, after: Repository, shifts: tuple[Shift, ...]) -> frozenset[str]:
    stricter = {shift.path for shift in shifts} - {shift.path for shift in shifts if shift.loosens}
    old = {document.path: document for document in before.documents}
    new = {document.path: document for document in after.documents}
    found = set()
    for path in stricter:
        was, now = old.get(path), new.get(path)
        if now is None:
            if was is not None and was.kind == "waiver":
                found.add(path)
        elif was is not None and was.kind in _COMPARED and _rest(was.noun, was.kind) <= _rest(now.noun, now.kind):
            found.add(path)
    return frozenset(found)


def _rest(noun: Any, kind: str) -> frozenset[str]:
    """All that a document says beside its judged promises, as lines; the newer one may say more of these items only."""
    name, yardstick = _COMPARED[kind]
    head = noun.model_dump_json(exclude={name, *_SAYS_NOTHING})
    return frozenset({head, *(item.model_dump_json(exclude=set(yardstick.fields)) for item in getattr(noun, name))})
