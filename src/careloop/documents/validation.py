"""From plain values to a noun, or every misfit said in plain words at its key."""

import difflib
import json
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from careloop.documents.problem import Problem
from careloop.domain.place import Pointer

__all__ = ["problems_of", "validate"]


def validate(
    adapter: TypeAdapter[Any], noun: Any, value: object, *, written: str | None = None
) -> BaseModel | tuple[Problem, ...]:
    """The noun, or all that keeps `value` from being one. Strict: no text for numbers, no numbers for text.

    `written` is the value as JSON, when the caller has it already.
    """
    if not isinstance(value, dict):
        return (Problem("wrong-type", "the document must be a mapping of keys to values", 1, 1),)
    try:
        found: BaseModel = adapter.validate_json(json.dumps(value) if written is None else written, strict=True)
    except ValidationError as error:
        return problems_of(error, noun, value)
    return found


def problems_of(error: ValidationError, noun: Any, value: object) -> tuple[Problem, ...]:
    """Each of pydantic's errors as a problem with a pointer into the document."""
    details = error.errors(include_url=False)
    return tuple(_problem(detail, noun, value) for detail in details if not _follows(detail, details))


def _follows(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Whether a list is called empty only because what is in it is refused, which is told already."""
    at = detail["loc"]
    short = detail["type"] == "too_short" and bool(detail["input"])
    return short and any(other["loc"][: len(at)] == at for other in details if other is not detail)


def _problem(detail: ErrorDetails, noun: Any, value: object) -> Problem:
    pointer = _into_document(detail["loc"], value)
    kind = detail["type"]
    last = next((part for part in reversed(pointer) if isinstance(part, str)), "document")
    if kind == "extra_forbidden":
        known = _keys_at(noun, pointer[:-1])
        return Problem(
            "unknown-key", f"the key '{last}' is not known here{_did_you_mean(str(last), known)}", pointer=pointer
        )
    if kind == "missing":
        return Problem("missing-key", f"the key '{last}' is missing", pointer=pointer[:-1], remedy=f"add {last}:")
    context = detail.get("ctx") or {}
    if kind in ("enum", "literal_error"):
        expected = str(context.get("expected", ""))
        if isinstance(detail["input"], str) is not ("'" in expected):
            return Problem(
                "wrong-type", f"{last}: {expected} is needed, not {_shown(detail['input'])}", pointer=pointer
            )
        words = [word.strip(" '") for word in expected.replace(" or ", ",").split(",")]
        guess = _did_you_mean(str(detail["input"]), words)
        return Problem(
            "bad-value", f"{last}: '{detail['input']}' is none of {', '.join(words)}{guess}", pointer=pointer
        )
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return Problem("bad-value", f"kind must be one of {context.get('expected_tags', 'the kinds')}", pointer=pointer)
    if kind == "json_invalid":
        return Problem("yaml-syntax", "the text is nested too deeply")
    return Problem(_code(kind, context), f"{last}: {_words(detail, context)}", pointer=pointer)


def _code(kind: str, context: dict[str, Any]) -> str:
    if kind.startswith(("date", "time")):
        return "bad-date"
    if kind.endswith("_type") or kind in ("int_from_float", "int_parsing", "bool_parsing", "float_parsing"):
        return "wrong-type"
    unversioned = kind == "value_error" and "edition" in str(context.get("error"))
    return "unversioned-id" if unversioned else "bad-value"


_TYPE_WORDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "date_type": "a day like 2026-03-31",
}


def _words(detail: ErrorDetails, context: dict[str, Any]) -> str:
    kind, given = detail["type"], detail["input"]
    if kind in _TYPE_WORDS:
        return f"{_TYPE_WORDS[kind]} is needed, not {_shown(given)}"
    if kind.startswith("date"):
        return f"'{given}' is no day of the calendar; write it like 2026-03-31"
    if kind == "string_pattern_mismatch":
        return f"'{given}' does not look like {context.get('pattern')}"
    if kind in ("string_too_short", "too_short"):
        return "it is empty"
    if kind == "value_error":
        return str(context.get("error", detail["msg"]))
    return str(detail["msg"])


def _shown(given: object) -> str:
    if given is None:
        return "nothing"
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, str):
        return f"the text '{given[:40]}'"
    if isinstance(given, list):
        return "a list"
    return "a mapping" if isinstance(given, dict) else str(given)


def _did_you_mean(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


def _into_document(loc: tuple[int | str, ...], value: object) -> Pointer:
    """Drop the parts of pydantic's location that name a union's branch and not a key of the document."""
    kept: list[str | int] = []
    for position, part in enumerate(loc):
        if isinstance(value, dict):
            if part not in value and position + 1 < len(loc):
                continue
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value):
            value = value[part]
        elif isinstance(value, list):
            continue
        kept.append(part)
    return tuple(kept)


def _keys_at(noun: Any, pointer: Pointer) -> list[str]:
    """Keys that may stand in the mapping at a pointer."""
    candidates = _models(noun)
    for part in pointer:
        if isinstance(part, int):
            continue
        inner: list[type[BaseModel]] = []
        for model in candidates:
            for name, info in model.model_fields.items():
                if part in (name, info.alias):
                    inner.extend(_models(info.annotation))
        candidates = inner or candidates
    return sorted({info.alias or name for model in candidates for name, info in model.model_fields.items()})


def _models(annotation: Any) -> list[type[BaseModel]]:
    """Model classes that an annotation is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    origin = get_origin(annotation)
    if origin is Annotated:
        return _models(get_args(annotation)[0])
    if origin is not None:
        return [model for part in get_args(annotation) for model in _models(part)]
    return []
