"""Data sheets: a chain of digests that holds, and words that say something (R57-R59)."""

from collections.abc import Iterable, Iterator
from enum import Enum

from careloop.checks.breach import Breach
from careloop.checks.ground import Ground
from careloop.documents.card_placeholders import says_something
from careloop.domain.dataset import Dataset
from careloop.domain.noun import Noun
from careloop.domain.place import Pointer

__all__ = ["data_sheet_filled", "provenance_chained"]

_NO_WORDS = frozenset(
    {
        *("id", "owner", "version", "review_every", "retention", "measure", "unit", "digest", "takes"),
        *("take", "accept", "file", "reports"),
    }
)
"""Fields that hold ids, durations, digests and names of columns."""


def provenance_chained(ground: Ground) -> Iterator[Breach]:
    """Whatever a step took was made by a step before it, in this data set or in another one."""
    for document, dataset in ground.repository.all(Dataset):
        if not any(step.takes for step in dataset.provenance):
            continue
        known = ground.names.in_space("made", document)
        if known is None:
            continue  # a data sheet that cannot be read may hold the step
        elsewhere = _made(name for name in known if not name.endswith(f" {document.path}"))
        here: dict[str, str] = {}
        later = {step.digest for step in dataset.provenance}
        for position, step in enumerate(dataset.provenance):
            for place, taken in enumerate(step.takes):
                on = here.get(taken, elsewhere.get(taken))
                if on is None:
                    why = "which is made by a later step" if taken in later else "which no step of any data set made"
                elif on > step.on.isoformat():
                    why = f"which was made on {on}, after it was taken on {step.on}"
                else:
                    continue
                message = f"the chain is broken: '{step.step}' takes {taken[:19]}…, {why}"
                yield Breach(path=document.path, pointer=("provenance", position, "takes", place), message=message)
            if step.digest:
                here.setdefault(step.digest, step.on.isoformat())


def _made(names: Iterable[str]) -> dict[str, str]:
    """Digest to the first day on which it was made; see `made_by`."""
    first: dict[str, str] = {}
    for name in names:
        digest, on, _ = name.split(" ", 2)
        first[digest] = min(on, first.get(digest, on))
    return first


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
