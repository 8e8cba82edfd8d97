"""The language of conditions: `{question} = "value" and not ({other} contains "x" or {third} empty)`.

A small part of what SurveyJS writes in `visibleIf`, read strictly: what is not listed here is refused with its
position. Words are not case-sensitive, values are. It is not CEL, the language of rules, so that published surveys and
our own questionnaires need one reader and an open question has one meaning: it passes no test.

    condition   either ("or" either)*
    either      single ("and" single)*
    single      ("not" | "!") single | "(" condition ")" | "{" name "}" test
    test        "empty" | "notempty" | operator value
    operator    = == != <> contains notcontains anyof noneof
    value       text in single or double quotes, or a list of such in square brackets
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from careloop.errors import InvalidInput

__all__ = [
    "Compared",
    "Condition",
    "ConditionRefused",
    "Every",
    "Filled",
    "Not",
    "Operator",
    "Some",
    "parse_condition",
    "render_condition",
]

_LONGEST = 4_000
_DEEPEST = 40


class Operator(StrEnum):
    """How an answer is compared; the negated words are read as `not` and one of these."""

    EQUALS = "="
    """The answer is this one value."""
    CONTAINS = "contains"
    """All of these values are among the answers."""
    ANY_OF = "anyof"
    """At least one of these values is among the answers."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A question's answer compared with values; an open question passes none."""

    question: str
    operator: Operator
    values: tuple[str, ...]
    at: int = field(default=0, compare=False)
    """Position of the question in the text, from 0."""
    values_at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Filled:
    """Whether a question has an answer."""

    question: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    inner: "Condition"


@dataclass(frozen=True, slots=True)
class Every:
    """Each of at least two."""

    inner: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of two or more."""

    inner: tuple["Condition", ...]


Condition = Compared | Filled | Not | Every | Some


class ConditionRefused(InvalidInput):
    """A condition that cannot be read, with the position from 0 where reading ended."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<name>\{[^{}\n]*\})
      | (?P<text>"[^"\n]*"|'[^'\n]*')
      | (?P<word>[A-Za-z]+|&&|\|\||==|!=|<>|=|!)
      | (?P<mark>[()\[\],])
    )""",
    re.VERBOSE,
)
_OPERATORS: dict[str, tuple[Operator, bool]] = {
    "=": (Operator.EQUALS, True),
    "==": (Operator.EQUALS, True),
    "!=": (Operator.EQUALS, False),
    "<>": (Operator.EQUALS, False),
    "contains": (Operator.CONTAINS, True),
    "notcontains": (Operator.CONTAINS, False),
    "anyof": (Operator.ANY_OF, True),
    "noneof": (Operator.ANY_OF, False),
}
_KNOWN = "=, !=, contains, notcontains, anyof, noneof, empty, notempty"


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def parse_condition(text: str) -> Condition:
    """Read a condition. Raises `ConditionRefused` with the position of the first thing that has no meaning.

    >>> parse_condition('{a} != "x"')
    Not(inner=Compared(question='a', operator=<Operator.EQUALS: '='>, values=('x',), at=0, values_at=7))
    """
    if len(text) > _LONGEST:
        raise ConditionRefused(f"a condition has at most {_LONGEST:,} characters", _LONGEST)
    reader = _Reader(_tokens(text), len(text))
    found = reader.condition(0)
    reader.end()
    return found


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            raise ConditionRefused(_not_a_token(text[start:]), start)
        kind = match.lastgroup or ""
        found.append(_Token(kind, match[kind], match.start(kind)))
        at = match.end()
    return found


def _not_a_token(rest: str) -> str:
    if rest[0] in "\"'":
        return f"the text that begins with {rest[0]} does not end"
    if rest[0] == "{":
        return "the name that begins with { does not end with }"
    shown = re.split(r"[\s(){}\[\]]", rest, maxsplit=1)[0] or rest[0]
    return f"'{shown[:20]}' is not known in a condition; text stands in quotes, and questions are compared by {_KNOWN}"


class _Reader:
    """Reads tokens from front to back."""

    def __init__(self, tokens: list[_Token], length: int) -> None:
        self._tokens = [*tokens, _Token("end", "", length)]
        self._next = 0

    def condition(self, depth: int) -> Condition:
        """One or more, joined by `or`."""
        if depth > _DEEPEST:
            raise ConditionRefused(f"the condition is nested more than {_DEEPEST} deep", self._peek().at)
        parts = [self._either(depth)]
        while self._take_word("or", "||"):
            parts.append(self._either(depth))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def end(self) -> None:
        """Nothing may follow."""
        token = self._peek()
        if token.kind != "end":
            raise ConditionRefused(f"'{token.text}' stands where `and`, `or` or the end is expected", token.at)

    def _either(self, depth: int) -> Condition:
        parts = [self._single(depth)]
        while self._take_word("and", "&&"):
            parts.append(self._single(depth))
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _single(self, depth: int) -> Condition:
        token = self._peek()
        if self._take_word("not", "!"):
            if depth > _DEEPEST:
                raise ConditionRefused(f"the condition is nested more than {_DEEPEST} deep", token.at)
            return Not(self._single(depth + 1))
        if token.text == "(" and token.kind == "mark":
            self._next += 1
            inner = self.condition(depth + 1)
            self._mark(")")
            return inner
        if token.kind != "name":
            what = f"'{token.text}' stands" if token.text else "the condition ends"
            raise ConditionRefused(f"{what} where a question in braces is expected, like {{scale}}", token.at)
        self._next += 1
        return self._test(token)

    def _test(self, name: _Token) -> Condition:
        question = name.text[1:-1].strip()
        if not question:
            raise ConditionRefused("the braces name no question", name.at)
        if self._take_word("notempty"):
            return Filled(question, name.at)
        if self._take_word("empty"):
            return Not(Filled(question, name.at))
        token = self._peek()
        known = _OPERATORS.get(token.text.lower()) if token.kind == "word" else None
        if known is None:
            what = f"'{token.text}'" if token.text else "the end"
            raise ConditionRefused(f"after {name.text} comes {what}; known are {_KNOWN}", token.at)
        self._next += 1
        operator, wanted = known
        at = self._peek().at
        values = self._values(operator)
        test = Compared(question, operator, values, name.at, at)
        return test if wanted else Not(test)

    def _values(self, operator: Operator) -> tuple[str, ...]:
        if not self._is_mark("["):
            return (self._text(),)
        at = self._peek().at
        if operator is Operator.EQUALS:
            raise ConditionRefused("= compares with one text; for a list write contains or anyof", at)
        self._next += 1
        values = [self._text()]
        while self._is_mark(","):
            self._next += 1
            values.append(self._text())
        self._mark("]")
        return tuple(values)

    def _text(self) -> str:
        token = self._peek()
        if token.kind != "text":
            what = f"'{token.text}' stands" if token.text else "the condition ends"
            raise ConditionRefused(f"{what} where text in quotes is expected", token.at)
        self._next += 1
        return token.text[1:-1]

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _is_mark(self, mark: str) -> bool:
        token = self._peek()
        return token.kind == "mark" and token.text == mark

    def _mark(self, mark: str) -> None:
        token = self._peek()
        if not self._is_mark(mark):
            what = f"'{token.text}' stands" if token.text else "the condition ends"
            raise ConditionRefused(f"{what} where {mark} is expected", token.at)
        self._next += 1

    def _take_word(self, *words: str) -> bool:
        token = self._peek()
        found = token.kind == "word" and token.text.lower() in words
        self._next += found
        return found


def render_condition(condition: Condition) -> str:
    """The condition as text; reading it again gives the same condition. Values hold no double quotes."""
    match condition:
        case Compared():
            values = [f'"{value}"' for value in condition.values]
            shown = values[0] if len(values) == 1 else f"[{', '.join(values)}]"
            return f"{{{condition.question}}} {condition.operator.value} {shown}"
        case Filled():
            return f"{{{condition.question}}} notempty"
        case Not():
            return f"not {_within(condition.inner)}"
        case Every():
            return " and ".join(_within(inner) for inner in condition.inner)
        case Some():
            return " or ".join(_within(inner) for inner in condition.inner)


def _within(condition: Condition) -> str:
    text = render_condition(condition)
    return f"({text})" if isinstance(condition, Every | Some) else text
