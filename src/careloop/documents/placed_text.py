"""One file that is no governed document, in YAML or JSON: its value, and the place of every part of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from careloop.documents.compile import error_finding
from careloop.documents.json_exact import JsonPlaces, JsonRefused, read_json_with_places
from careloop.documents.layout import MAX_BYTES
from careloop.documents.problem import Problem
from careloop.documents.yaml_exact import locate, locate_inside
from careloop.documents.yaml_text import decode, read_yaml
from careloop.domain.finding import Finding
from careloop.domain.place import Place, Pointer

__all__ = ["PlacedText", "read_placed_text"]


@dataclass(frozen=True, slots=True)
class PlacedText:
    """A file's value, and what tells where something in it stands."""

    name: str
    value: object
    text: str
    json: JsonPlaces | None = None
    """Null for YAML."""

    def inside(self, pointer: Pointer, offset: int) -> Place:
        """Place of a character, counted from 0, of a value that is text."""
        if self.json is not None:
            return Place(self.name, *self.json.inside(pointer, offset))
        return Place(self.name, *locate_inside(self.text, pointer, 1, offset + 1))

    def findings(self, problems: Iterable[Problem]) -> tuple[Finding, ...]:
        """Each problem at its place, in the order of places."""
        listed = list(problems)
        places = self._places(frozenset(problem.pointer for problem in listed if problem.line is None))
        found = [
            error_finding(
                problem.code,
                problem.message,
                places[problem.pointer]
                if problem.line is None
                else Place(self.name, problem.line, problem.column or 1),
                pointer=problem.pointer,
                remedy=problem.remedy,
            )
            for problem in listed
        ]
        return tuple(sorted(found, key=lambda one: (one.place, one.rule)))

    def _places(self, pointers: frozenset[Pointer]) -> dict[Pointer, Place]:
        if not pointers:
            return {}
        if self.json is not None:
            return {pointer: Place(self.name, *self.json.place_of(pointer)) for pointer in pointers}
        return {pointer: Place(self.name, *spot) for pointer, spot in locate(self.text, pointers).items()}


def read_placed_text(name: str, raw: bytes) -> PlacedText | tuple[Finding, ...]:
    """Read a file: JSON when its name ends in `.json`, else YAML. What is wrong with its text comes with its place."""
    if name.lower().endswith(".json"):
        return _read_json(name, raw)
    text = decode(raw)
    if isinstance(text, Problem):
        return PlacedText(name, None, "").findings([text])
    reading = read_yaml(text)
    if reading.problems:
        return PlacedText(name, None, text).findings(reading.problems)
    return PlacedText(name, reading.value, text)


def _read_json(name: str, raw: bytes) -> PlacedText | tuple[Finding, ...]:
    if len(raw) > MAX_BYTES:
        message = f"the file has {len(raw):,} bytes; a document has at most {MAX_BYTES:,}"
        return (error_finding("too-large", message, Place(name)),)
    try:
        value, places = read_json_with_places(raw)
        json.dumps(value, ensure_ascii=False).encode()
    except JsonRefused as error:
        place = Place(name, error.line, error.column)
        return (error_finding("json-syntax", error.what, place, remedy=error.hint or ""),)
    except UnicodeEncodeError:
        return (error_finding("not-utf8", "an escape in it stands for half a character", Place(name)),)
    return PlacedText(name, value, places.text, places)
