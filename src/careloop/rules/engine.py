"""The one module that touches the CEL engine: it compiles expressions and runs them.

An expression is compiled twice. Once against the declared types, where a misspelt field is refused with its column;
and once without types, to be run on plain facts, since the engine's typed records read a missing field as a default.
Importing this module loads the engine (about 0.13 s), so nothing imports it but what compiles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, Final

from cel_expr_python import cel  # type: ignore[import-untyped]  # it ships stubs, and no py.typed that says so
from google.protobuf import descriptor_pb2, descriptor_pool

from careloop.rules.diagnosis import diagnose, in_words
from careloop.rules.lints import Filled, filled_when, lint
from careloop.rules.problem import Problem, ProblemKind
from careloop.rules.reads import dependencies as reads
from careloop.rules.schema import WELL_KNOWN, Schema, wrapper
from careloop.rules.shapes import Kind, Shape, is_instant
from careloop.rules.syntax import ExpressionError, Node, line_and_column, parse
from careloop.rules.vocabulary import Vocabulary

__all__ = ["Bound", "Gives", "Outcome", "Program", "bind", "compile_expression", "dependencies"]

_NOT_SUPPLIED: Final = "NOT_FOUND:"
_NO_VARIABLE: Final = "UNKNOWN: No value with name"


class Gives(StrEnum):
    """What an expression must give."""

    TRUTH = "BOOL"
    WHOLE = "INT"
    DECIMAL = "DOUBLE"
    TEXT = "STRING"
    INSTANT = "TIMESTAMP"
    ANYTHING = "ANYTHING"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What running an expression gave: a value, or the engine's error."""

    value: Any = None
    error: str | None = None
    missing: bool = False
    """The error is that a fact was not supplied; the expression itself is not at fault."""


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """Facts made ready for the engine once, to run many expressions of one vocabulary on them."""

    vocabulary: Vocabulary
    facts: Mapping[str, Any]
    _activation: cel.Activation = field(repr=False)


@dataclass(frozen=True, eq=False)
class Program:
    """An expression that was type-checked and can be run; it is made ready when it is first run or read."""

    text: str
    vocabulary: Vocabulary
    lints: tuple[Problem, ...] = ()

    @cached_property
    def tree(self) -> Node:
        """Its parts."""
        return _parsed(self.text)

    @cached_property
    def _expression(self) -> cel.Expression:
        return _loose_part(self.vocabulary, frozenset(), self.text)

    def run(self, facts: Mapping[str, Any] | Bound) -> Outcome:
        """Run it on facts; a fact that is not there is an outcome, never an exception."""
        if not isinstance(facts, Bound) or facts.vocabulary != self.vocabulary:
            facts = self.bind(facts)
        return _outcome(self._expression.eval(facts._activation))

    def bind(self, facts: Mapping[str, Any] | Bound) -> Bound:
        """The facts made ready for this expression and others of its vocabulary."""
        if isinstance(facts, Bound):
            return facts if facts.vocabulary == self.vocabulary else bind(self.vocabulary, facts.facts)
        return bind(self.vocabulary, facts)

    def run_part(self, text: str, facts: Bound, local: Mapping[str, Any]) -> Outcome:
        """Run the text of one part of it, with values for the names that enclosing macros introduce."""
        kinds = frozenset((name, _kind_of_value(value)) for name, value in local.items())
        expression = _loose_part(self.vocabulary, kinds, text)
        if not local:
            return _outcome(expression.eval(facts._activation))
        return _outcome(expression.eval(data={**self.vocabulary.ranks, **facts.facts, **local}))

    @property
    def filled_when_true(self) -> Filled:
        """Lists that certainly have an element when this expression is true; a guard for another expression."""
        return filled_when(self.tree, self.text, holds=True)


def bind(vocabulary: Vocabulary, facts: Mapping[str, Any]) -> Bound:
    """Make facts ready to run many expressions of one vocabulary on them."""
    activation = _loose_environment(vocabulary, frozenset()).Activation({**vocabulary.ranks, **facts})
    return Bound(vocabulary, facts, activation)


def dependencies(program: Program) -> tuple[str, ...]:
    """The variables and fields that an expression reads: `("card.licence", "system.tier")`."""
    return reads(program.tree, program.vocabulary)


@lru_cache(maxsize=4096)
def compile_expression(
    text: str, vocabulary: Vocabulary, *, gives: Gives = Gives.TRUTH, given: Filled = frozenset()
) -> Program | tuple[Problem, ...]:
    """Type-check and compile an expression, or say everything that is wrong with it.

    `given` are lists that a caller already knows to have an element; they need no guard here.
    """
    if not text.strip():
        return (Problem(ProblemKind.SYNTAX, "the expression is empty"),)
    checked = _compiled(lambda: _typed_environment(vocabulary).compile(text))
    if isinstance(checked, str):
        return diagnose(checked, text, vocabulary)
    wrong = _wrong_result(str(checked.return_type()), gives)
    if wrong is not None:
        return (wrong,)
    expression = _compiled(lambda: _loose_part(vocabulary, frozenset(), text))
    if isinstance(expression, str):
        return diagnose(expression, text, vocabulary)
    try:
        tree = _parsed(text)
    except ExpressionError as error:
        place = line_and_column(text, error.offset)
        return (Problem(ProblemKind.SYNTAX, f"rules do not use this form: {error}", *place),)
    return Program(text, vocabulary, lint(tree, text, vocabulary, given=given))


_parsed = lru_cache(maxsize=4096)(parse)


def _compiled(compile_it: Callable[[], cel.Expression]) -> cel.Expression | str:
    """The compiled expression, or the engine's own text about what is wrong."""
    try:
        return compile_it()
    except RuntimeError as error:
        return str(error)


def _wrong_result(given: str, gives: Gives) -> Problem | None:
    if gives is Gives.ANYTHING or given in (gives.value, "DYN"):
        return None
    wanted = "true or false" if gives is Gives.TRUTH else in_words(gives.value.lower())
    return Problem(ProblemKind.TYPE, f"the expression must give {wanted}, and gives {in_words(given.lower())}")


def _outcome(result: cel.Value) -> Outcome:
    if result.type() != cel.Type.ERROR:
        return Outcome(value=result.plain_value())
    error = str(result.value())
    return Outcome(error=error, missing=error.startswith((_NOT_SUPPLIED, _NO_VARIABLE)))


@lru_cache(maxsize=256)
def _typed_environment(vocabulary: Vocabulary) -> cel.Env:
    """Where the expressions of one vocabulary are checked against its declared types."""
    schema = Schema()
    types = {name: _declared(shape, schema) for name, shape in vocabulary.shapes.items()}
    types |= {name: cel.Type(schema.constants(name, ranks)) for name, ranks in vocabulary.ranks.items()}
    schema.describe()
    pool = descriptor_pool.DescriptorPool()
    for module in WELL_KNOWN:
        known = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(known)
        pool.Add(known)
    pool.Add(schema.file)
    return cel.NewEnv(pool, variables=types)


def _declared(shape: Shape, schema: Schema) -> cel.Type:
    """The engine's type of a variable; an instant variable, like `now`, is an instant and not its text."""
    if shape.record is not None:
        return cel.Type(schema.message(shape.record))
    if shape.kind is Kind.LIST:
        return cel.Type.List(_nested(shape.of[0], schema))
    if shape.kind is Kind.MAP:
        return cel.Type.Map(_nested(shape.of[0], schema), _nested(shape.of[1], schema))
    return cel.Type.TIMESTAMP if is_instant(shape) else _scalar(shape)


def _nested(shape: Shape, schema: Schema) -> cel.Type:
    return _scalar(shape) if shape.kind is Kind.INSTANT else _declared(shape, schema)


def _scalar(shape: Shape) -> cel.Type:
    if shape.kind not in _SCALARS:
        return cel.Type.DYN
    return cel.Type(wrapper(shape.kind)) if shape.nullable else _SCALARS[shape.kind]


def _loose(vocabulary: Vocabulary) -> dict[str, cel.Type]:
    """Types for running: everything is open, but an instant must be known as one."""
    types = dict.fromkeys(vocabulary.ranks, cel.Type.DYN)
    for name, shape in vocabulary.shapes.items():
        types[name] = cel.Type.TIMESTAMP if is_instant(shape) else cel.Type.DYN
    return types


@lru_cache(maxsize=4096)
def _loose_part(vocabulary: Vocabulary, kinds: frozenset[tuple[str, str]], text: str) -> cel.Expression:
    return _loose_environment(vocabulary, kinds).compile(text)


@lru_cache(maxsize=256)
def _loose_environment(vocabulary: Vocabulary, kinds: frozenset[tuple[str, str]]) -> cel.Env:
    return cel.NewEnv(variables={**_loose(vocabulary), **{name: _LOCAL[kind] for name, kind in kinds}})


def _kind_of_value(value: object) -> str:
    if isinstance(value, datetime):
        return "instant"
    return "duration" if isinstance(value, timedelta) else "anything"


_LOCAL: Final = {"instant": cel.Type.TIMESTAMP, "duration": cel.Type.DURATION, "anything": cel.Type.DYN}
_SCALARS: Final = {
    Kind.TRUTH: cel.Type.BOOL,
    Kind.WHOLE: cel.Type.INT,
    Kind.RANK: cel.Type.INT,
    Kind.DECIMAL: cel.Type.DOUBLE,
    Kind.TEXT: cel.Type.STRING,
    Kind.DAY: cel.Type.STRING,
    Kind.INSTANT: cel.Type.STRING,
}
