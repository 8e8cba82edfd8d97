"""Says why an expression gave what it gave: the parts that decided, with the values they saw.

The tree is walked from the top. Of `a && b` that is false only the false parts are told, of `a || b` that is true only
the true ones, of `list.all(x, …)` only the elements that broke it; a part that only errs is told when it was what kept
the whole from an answer. Every value told comes from running that part again on the same facts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from careloop.rules.reads import Scope, inside, read_by, scope_of
from careloop.rules.syntax import Form, Node, spelling
from careloop.rules.wording import shown

if TYPE_CHECKING:
    from careloop.rules.engine import Bound, Outcome, Program

__all__ = ["Reason", "explain"]

_MOST_REASONS: Final = 12
_MOST_ELEMENTS: Final = 3
_MOST_SCANNED: Final = 500
_CHAIN: Final = (Form.NAME, Form.FIELD, Form.INDEX)


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of an expression that decided: its text, what it saw, and the facts it lacked."""

    text: str
    saw: str
    missing: tuple[str, ...] = ()
    """Facts that were not supplied, as full paths: `system.monitors[1].threshold`."""

    def __str__(self) -> str:
        return f"{self.text}: {self.saw}"


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where the walk stands: what names mean there, their values, and the path of each macro's element."""

    scope: Scope
    values: Mapping[str, Any]
    paths: Mapping[str, str]
    within: str = ""

    @property
    def suffix(self) -> str:
        """Names the element that a reason is about, for the end of a line."""
        return f" (in {self.within})" if self.within else ""


def explain(program: Program, facts: Bound) -> tuple[Reason, ...]:
    """The reasons for what a program gives on these facts, at most twelve, none twice."""
    walk = _Walk(program, facts)
    spot = _Spot(scope_of(program.vocabulary), {}, {})
    return tuple(islice(dict.fromkeys(walk.reasons(program.tree, spot)), _MOST_REASONS))


@dataclass(frozen=True, slots=True)
class _Walk:
    program: Program
    facts: Bound

    def reasons(self, node: Node, spot: _Spot) -> Iterator[Reason]:
        if node.form in (Form.AND, Form.OR):
            for part in self._deciding(node, spot):
                yield from self.reasons(part, spot)
        elif node.form is Form.CHOICE:
            condition, yes, no = node.parts
            yield from self.reasons(condition, spot)
            taken = self._run(condition, spot).value
            if isinstance(taken, bool):
                yield from self.reasons(yes if taken else no, spot)
        elif node.form is Form.UNARY and _is_composed(node.parts[0]):
            yield from self.reasons(node.parts[0], spot)
        elif _is_quantified(node):
            yield from self._quantified(node, spot)
        else:
            yield self._leaf(node, spot)

    def _deciding(self, node: Node, spot: _Spot) -> list[Node]:
        """Of a false "and" its false parts, of a true "or" its true ones, of neither the parts without an answer."""
        settles = node.form is Form.OR
        whole = self._run(node, spot).value
        values = [(part, self._run(part, spot).value) for part in node.parts]
        if not isinstance(whole, bool):
            return [part for part, value in values if not isinstance(value, bool)]
        return [part for part, value in values if value is settles or whole is not settles]

    def _quantified(self, node: Node, spot: _Spot) -> Iterator[Reason]:
        """The elements that settled `all`, `exists` or `exists_one`."""
        listed, _, body = node.parts
        whole = self._run(listed, spot).value
        elements = _elements(whole)
        path = self._path(listed, spot)
        if elements is None:
            yield self._leaf(listed, spot)
            return
        if not elements:
            yield Reason(self._text(node), f"{path} was empty{spot.suffix}")
            return
        inner = [self._at_element(node, spot, f"{path}[{key}]", value) for key, value in elements]
        answers = self._together(node, spot) if isinstance(whole, list) else None
        if answers is None:
            answers = [self._run(body, there).value for there in inner[:_MOST_SCANNED]]
        telling = [there for there, told in zip(inner, _telling(node.name, answers), strict=False) if told]
        for there in telling[:_MOST_ELEMENTS]:
            yield from self.reasons(body, there)
        if len(telling) > _MOST_ELEMENTS:
            yield Reason(self._text(body), f"and so for {len(telling) - _MOST_ELEMENTS} more of {path}")
        if not telling:
            yield Reason(self._text(node), f"held for all {len(elements)} of {path}{spot.suffix}")

    def _at_element(self, macro: Node, spot: _Spot, path: str, value: Any) -> _Spot:
        name = macro.parts[1].name
        within = path if not spot.within or path.startswith(spot.within) else f"{spot.within}, {path}"
        return _Spot(inside(macro, spot.scope), {**spot.values, name: value}, {**spot.paths, name: path}, within)

    def _together(self, node: Node, spot: _Spot) -> list[object] | None:
        """What a macro's condition gave for each element of a list, in one run; None when an element errs."""
        listed, variable, body = (self.program.text[part.start : part.end] for part in node.parts)
        answers = self._run_text(f"({listed}\n).map({variable}, {body}\n)", spot).value
        return answers if isinstance(answers, list) else None

    def _leaf(self, node: Node, spot: _Spot) -> Reason:
        outcome = self._run(node, spot)
        if outcome.missing:
            lacking = tuple(dict.fromkeys(self._lacking(node, spot)))
            return Reason(self._text(node), _not_supplied(lacking), lacking)
        saw = ", ".join(self._seen(node, spot))
        if outcome.error is not None:
            saw = f"{outcome.error.partition(': ')[2]}{f' ({saw})' if saw else ''}"
        return Reason(self._text(node), f"{saw or f'is {shown(outcome.value)}'}{spot.suffix}")

    def _seen(self, node: Node, spot: _Spot) -> Iterator[str]:
        """What each operand was, named by its last word unless two operands share it."""
        operands = list(dict.fromkeys(_operands(node, spot.scope)))
        labels = [operand.name if operand.form is Form.FIELD else self._text(operand) for operand in operands]
        for operand, label in zip(operands, labels, strict=True):
            outcome = self._run(operand, spot)
            name = label if labels.count(label) == 1 else self._text(operand)
            if operand.is_has:
                yield f"{operand.parts[0].name} was {'' if outcome.value else 'not '}supplied"
            elif outcome.error is None:
                yield f"{name} was {shown(outcome.value, read_by(operand, spot.scope).shape)}"

    def _lacking(self, node: Node, spot: _Spot) -> Iterator[str]:
        """Paths of the facts that are not there: the shortest one along each chain of fields."""
        if node.form in _CHAIN and (node.form is Form.NAME or not self._run(node.parts[0], spot).missing):
            if self._run(node, spot).missing:
                yield self._path(node, spot)
            return
        if node.is_macro:
            yield from self._lacking(node.parts[0], spot)
            elements = _elements(self._run(node.parts[0], spot).value) or []
            for key, value in elements[:_MOST_SCANNED]:
                there = self._at_element(node, spot, f"{self._path(node.parts[0], spot)}[{key}]", value)
                for body in node.parts[2:]:
                    yield from self._lacking(body, there)
            return
        for part in node.parts[0].parts if node.is_has else node.parts:
            yield from self._lacking(part, spot)

    def _path(self, node: Node, spot: _Spot) -> str:
        """A chain of fields with the element's path in place of a macro's name."""
        if node.form is Form.NAME:
            return spot.paths.get(node.name, node.name)
        if node.form is Form.FIELD:
            return f"{self._path(node.parts[0], spot)}.{node.name}"
        if node.form is Form.INDEX:
            return f"{self._path(node.parts[0], spot)}[{shown(self._run(node.parts[1], spot).value)}]"
        return self._text(node)

    def _run(self, node: Node, spot: _Spot) -> Outcome:
        return self._run_text(self.program.text[node.start : node.end], spot)

    def _run_text(self, text: str, spot: _Spot) -> Outcome:
        return self.program.run_part(text, self.facts, spot.values)

    def _text(self, node: Node) -> str:
        text = self.program.text[node.start : node.end]
        return spelling(text) if "//" in text else " ".join(text.split())


def _not_supplied(lacking: tuple[str, ...]) -> str:
    more = len(lacking) - _MOST_ELEMENTS
    named = ", ".join(lacking[:_MOST_ELEMENTS]) + (f" and {more} more" if more > 0 else "")
    return f"{named} {'was' if len(lacking) == 1 else 'were'} not supplied"


def _is_composed(node: Node) -> bool:
    return node.form in (Form.AND, Form.OR, Form.CHOICE, Form.UNARY) or _is_quantified(node)


def _is_quantified(node: Node) -> bool:
    return node.is_macro and node.name in ("all", "exists", "exists_one")


def _elements(value: object) -> list[tuple[str, Any]] | None:
    """Elements with their position, or the keys of a mapping; None for anything else."""
    if isinstance(value, Mapping):
        return [(shown(key), key) for key in value]
    return [(str(position), item) for position, item in enumerate(value)] if isinstance(value, list) else None


def _telling(macro: str, answers: list[object]) -> list[bool]:
    """Which elements settled the matter: those that broke "all", the first that met "exists", or all that did not."""
    undecided = [not isinstance(answer, bool) for answer in answers]
    met, unmet = [answer is True for answer in answers], [answer is False for answer in answers]
    if macro == "all":
        return unmet if any(unmet) else undecided
    if macro == "exists" and any(met):
        return [position == met.index(True) for position in range(len(met))]
    if any(undecided):
        return undecided
    return met if any(met) else unmet


def _operands(node: Node, scope: Scope) -> Iterator[Node]:
    """The parts of a comparison whose values a reader wants to see."""
    if node.is_has or node.is_macro or (node.name == "size" and node.form in (Form.CALL, Form.METHOD)):
        yield node
    elif node.form in _CHAIN:
        if read_by(node, scope).path or (node.form is not Form.NAME and not _is_constant(node, scope)):
            yield node
    else:
        for part in node.parts:
            yield from _operands(part, scope)


def _is_constant(node: Node, scope: Scope) -> bool:
    """Whether this is a named rank like `tiers.high`, whose value the reader need not be told."""
    while node.form in (Form.FIELD, Form.INDEX):
        node = node.parts[0]
    return node.form is Form.NAME and node.name not in scope
