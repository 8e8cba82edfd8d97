"""A model card in JSON with the sections of Mitchell et al. 2019, as AllenNLP publishes them, and its near relations.

Keys are read as headings are: `intended_use.primary_users` is a section and a label in it. The Model Card Toolkit's
keys differ in names only and are read as well.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from careloop.documents.card_evidence import Evidence, Kind
from careloop.documents.card_markdown import card_of
from careloop.documents.card_prose import base_model_in
from careloop.documents.card_sections import Targets, targets_within
from careloop.domain.card import Card, CardForm
from careloop.domain.place import Pointer

__all__ = ["read_card_json"]

_BARRIERS = frozenset({"variation_approaches", "model_usage"})
"""Keys that state nothing about the section they stand in."""

_NAMES = ("display_name", "name", "model_name")
_LESSER_NAMES = ("id",)
"""A card that has no name for people is known by this."""


def read_card_json(data: Mapping[str, object], line_of: Callable[[Pointer], int]) -> Card:
    """Read a card; a key that holds null leaves its field absent, at the line of the key.

    `line_of` tells the line, from 1, of the key at a path. Raises `CardRefused`, an `InvalidInput`, when a `care` key
    is there and does not fit.
    """
    content = {key: value for key, value in data.items() if key not in ("care", *_LESSER_NAMES)}
    if not any(isinstance(content.get(key), str) for key in _NAMES):
        content |= {key: data[key] for key in _LESSER_NAMES if key in data}
    evidence = list(_walk(content, (), _Place(line_of(())), line_of))
    return card_of(CardForm.MITCHELL, evidence, data, derived=False, line_of=line_of)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the walk is, and what it counts for there."""

    line: int
    """Line of the key that announced the targets."""
    targets: Targets = ()


def _walk(value: object, pointer: Pointer, place: _Place, line_of: Callable[[Pointer], int]) -> Iterator[Evidence]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            own = () if key in _BARRIERS else targets_within(str(key), place.targets, heading=False)
            path = (*pointer, key)
            yield from _walk(inner, path, place if own is None else _Place(line_of(path), own), line_of)
    elif isinstance(value, list | tuple) and value:
        for number, inner in enumerate(value):
            yield from _walk(inner, (*pointer, number), place, line_of)
    else:
        yield from _leaf(value, line_of(pointer), place)


def _leaf(value: object, line: int, place: _Place) -> Iterator[Evidence]:
    """A value: null counts for nothing and shows its own line, an empty list or mapping is an empty text."""
    text = None if value is None else "" if isinstance(value, Mapping | list | tuple) else str(value)
    for field in place.targets:
        at = line if text is None else place.line
        yield Evidence(field, Kind.SECTION, at, text, shared=len(place.targets) > 1)
    if text and not place.targets and (model := base_model_in(text)) is not None:
        yield Evidence("base_model", Kind.SENTENCE, line, model)
