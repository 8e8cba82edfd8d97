"""Data sheets: a chain of digests that holds, and words that say something (R57-R59)."""

from collections.abc import Iterator
from datetime import date
from enum import Enum

from careloop.checks.breach import Breach
from careloop.checks.ground import Ground
from careloop.documents.card_placeholders import says_something
from careloop.domain.dataset import Dataset
from careloop.domain.noun import Noun
from careloop.domain.place import Pointer

__all__ = ["data_sheet_filled", "provenance_chained"]

_NO_WORDS = frozenset({"id", "owner", "version", "review_every", "retention", "measure", "unit", "digest", "takes"})
"""Fields that hold ids, durations and digests."""


def provenance_chained(ground: Ground) -> Iterator[Breach]:
    """Whatever a step took was made by a step before it, in this data set or in another one."""
    sheets = list(ground.repository.all(Dataset))
    made: dict[str, tuple[str, date]] = {}
    for document, dataset in sheets:
        for step in dataset.provenance:
            if step.digest:
                made.setdefault(step.digest, (document.path, step.on))
    for document, dataset in sheets:
        earlier: set[str] = set()
        for position, step in enumerate(dataset.provenance):
            for place, taken in enumerate(step.takes):
                path, on = made.get(taken, (None, step.on))
                why = None
                if path is None:
                    why = "which no step of any data set made"
                elif path == document.path and taken not in earlier:
                    why = "which is made by a later step"
                elif on > step.on:
                    why = f"which was made on {on}, after it was taken on {step.on}"
                if why:
                    message = f"the chain is broken: '{step.step}' takes {taken[:19]}…, {why}"
                    pointer = ("provenance", position, "takes", place)
                    yield Breach(path=document.path, pointer=pointer, message=message)
            earlier |= {step.digest} if step.digest else set()


def data_sheet_filled(ground: Ground) -> Iterator[Breach]:
    """No words of a data sheet only hold a place: TODO, to be defined, more information needed."""
    for document, dataset in ground.repository.all(Dataset):
        for pointer, text in _words(dataset, ()):
            if not says_something(text):
                name = next(part for part in reversed(pointer) if isinstance(part, str))
                yield Breach(path=document.path, pointer=pointer, message=f"{name} says nothing: {text}")


def _words(value: object, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    if isinstance(value, Noun):
        for name in type(value).model_fields:
            if name not in _NO_WORDS:
                yield from _words(getattr(value, name), (*pointer, name))
    elif isinstance(value, tuple):
        for position, item in enumerate(value):
            yield from _words(item, (*pointer, position))
    elif isinstance(value, str) and not isinstance(value, Enum):
        yield pointer, value
