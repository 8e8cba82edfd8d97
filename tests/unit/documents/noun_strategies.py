"""Values for any document noun, drawn from the noun's own fields: what an author could write, and then some."""

import enum
import types
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import annotated_types
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, JsonValue, StringConstraints
from pydantic.fields import FieldInfo

from careloop.documents.nouns import NOUNS

__all__ = ["values_of"]

_SLUGS = st.text("abz09._-", min_size=1, max_size=6).map(lambda text: f"s{text}") | st.sampled_from(["0", "1", "no"])
_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x85\u2028\u2029")
"""All but surrogates, which no file holds, and the separators that the writer of these tests takes for line ends."""
_TEXTS = st.one_of(
    st.sampled_from(
        ["yes", "No", "null", "~", "1.0", "2026-03-31", "a: b", "- a", "# a", "{a}", "it's", 'a "b"', "é日😀"]
    ),
    st.text(_CHARACTERS, max_size=8).map(lambda text: f"x{text}"),
)
_BY_PATTERN: dict[str, st.SearchStrategy[str]] = {
    r"^\d\d:\d\d$": st.sampled_from(["00:00", "23:59"]),
    r"^[A-Z][A-Z0-9_]*$": st.sampled_from(["PAGERDUTY_KEY", "X"]),
    r"^[A-Za-z0-9._-]+:\d{1,5}$": st.sampled_from(["kafka:9092", "a.example:1"]),
    r"^[a-zA-Z_][a-zA-Z0-9_]{0,99}$": st.sampled_from(["region", "_"]),
    r"^[A-Za-z0-9._-]{1,249}$": st.sampled_from(["decisions", "A_b-1"]),
    r"^[A-Za-z0-9._-]{1,200}$": st.sampled_from(["careloop", "shop.eu"]),
    r"^[A-Z]{2}$": st.sampled_from(["DE", "NO", "ZZ"]),
    r"^[^@\s]+@[^@\s]+$": st.sampled_from(["a@b", "ada.byron+ai@harbour.example"]),
    r"^sha256:[0-9a-f]{64}$": st.just("sha256:" + "0a" * 32),
    r"^[0-9a-f]{16}$": st.just("0123456789abcdef"),
    r"^[0-9a-f]{64}$": st.just("0a" * 32),
    r"^[0-9a-f]{40}([0-9a-f]{24})?$": st.sampled_from(["0b" * 20, "0c" * 32]),
    r"^X-[A-Za-z0-9.-]+$": st.sampled_from(["X-1", "X-a.B"]),
    r"^M\d{1,2}$": st.sampled_from(["M1", "M12"]),
    r"^(>=|<=)$": st.sampled_from([">=", "<="]),
    r"^[a-z0-9-]+/[a-z0-9-]+@\d+$": st.sampled_from(["careloop/base@1", "acme/own@12"]),
    r"^(P\d{1,4}[DWMY]|PT\d{1,5}[HMS])$": st.sampled_from(["P1D", "PT15M", "PT1S"]),
    r"^(P\d{1,4}[DWMY]|PT\d{1,5}[HM])$": st.sampled_from(["P1D", "P2W", "P12M", "P3Y", "PT15M", "PT72H"]),
    r"^ssh-ed25519 [A-Za-z0-9+/]{68}( .+)?$": st.just(f"ssh-ed25519 {'A' * 68} care server"),
    r"^[a-z0-9][a-z0-9._-]{0,79}$": _SLUGS,
    r"^[a-z][a-z0-9_.]*$": st.sampled_from(["policy.in_force", "drill"]),
    r"^[A-Za-z][A-Za-z0-9._-]{0,79}$": st.sampled_from(["reach", "dataRights", "q-1"]),
    r'^[^"\s](?:[^"\n]{0,198}[^"\s])?$': st.sampled_from(["yes", "no", "not at all", "null"]),
}
_BY_CHECK = {
    "check_requirement_id": st.sampled_from(["iso42001:2023/A.6.2.4", "care/C3", "own/X-1"]),
    "_an_event_field": st.sampled_from(["id", "occurred_at", "features.age"]),
    "_twelve_hours_at_most": st.sampled_from(["PT1M", "PT10M", "PT12H"]),
    "_framework_with_edition": st.sampled_from(["iso42001:2023", "nist-ai-rmf:1.0"]),
}
_FACTS = st.dictionaries(_SLUGS, st.none() | st.booleans() | st.integers(-9, 9) | _TEXTS | st.lists(_SLUGS), max_size=3)


@cache
def values_of(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Values of a document of a kind, as they would stand in YAML."""
    return _values(NOUNS[kind])


def _values(noun: Any) -> st.SearchStrategy[Any]:
    origin = get_origin(noun)
    if origin is Annotated:
        return _annotated(noun)
    if origin in (Union, types.UnionType):
        return st.one_of(*(_values(part) for part in get_args(noun)))
    if origin is Literal:
        return st.sampled_from(get_args(noun))
    if origin is tuple:
        return st.lists(_values(get_args(noun)[0]), min_size=1, max_size=2) | st.just([])
    if origin is dict:
        keys, inner = get_args(noun)
        return _FACTS if inner in (Any, JsonValue) else st.dictionaries(_values(keys), _values(inner), max_size=2)
    if isinstance(noun, type) and issubclass(noun, BaseModel):
        return _mapping(noun)
    if isinstance(noun, type) and issubclass(noun, enum.StrEnum):
        return st.sampled_from([member.value for member in noun])
    return {
        str: _TEXTS,
        bool: st.booleans(),
        int: st.integers(1, 5),
        float: st.floats(0, 1) | st.integers(0, 1),
        date: st.dates(date(1999, 1, 1), date(2050, 12, 31)).map(date.isoformat),
        type(None): st.none(),
    }[noun]


def _annotated(noun: Any) -> st.SearchStrategy[Any]:
    inner, *marks = get_args(noun)
    return _constrained(_values(inner), marks)


def _constrained(found: st.SearchStrategy[Any], marks: list[Any]) -> st.SearchStrategy[Any]:
    for mark in marks:
        if isinstance(mark, FieldInfo):
            found = _constrained(found, mark.metadata)
        pattern = mark.pattern if isinstance(mark, StringConstraints) else getattr(mark, "__dict__", {}).get("pattern")
        if isinstance(pattern, str):
            found = _BY_PATTERN[pattern]
        if isinstance(mark, AfterValidator) and getattr(mark.func, "__name__", "") in _BY_CHECK:
            found = _BY_CHECK[getattr(mark.func, "__name__", "")]
        if isinstance(mark, annotated_types.MinLen) and mark.min_length:
            found = found.filter(_at_least(mark.min_length))
    return found


def _at_least(length: int) -> Callable[[Any], bool]:
    return lambda value: len(value) >= length


def _mapping(noun: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    hints = get_type_hints(noun, include_extras=True)
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for name, info in noun.model_fields.items():
        strategy = _constrained(_values(hints[name]), info.metadata)
        (required if info.is_required() else optional)[info.alias or name] = strategy
    return st.fixed_dictionaries(required, optional=optional)
