"""A governance repository as nouns: what every question is asked of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from pydantic import BaseModel

from careloop.domain.organisation import Organisation

__all__ = ["Document", "Repository"]

N = TypeVar("N", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Document:
    """One governed file and the noun that stands in it."""

    path: str
    kind: str
    """Name of its kind, as in the table of `careloop.documents.kinds`."""
    noun: BaseModel
    folder: str | None = None
    """Id of the system whose folder it lies in."""
    raw: Mapping[str, object] = field(default_factory=dict, compare=False)
    """Values as written, for what needs the author's own words."""


@dataclass(frozen=True)
class Repository:
    """All documents of a repository that could be read, in path order."""

    documents: tuple[Document, ...]

    @cached_property
    def _by_class(self) -> dict[type[BaseModel], list[Document]]:
        index: dict[type[BaseModel], list[Document]] = {}
        for document in self.documents:
            index.setdefault(type(document.noun), []).append(document)
        return index

    def all(self, noun: type[N]) -> Iterator[tuple[Document, N]]:
        """Documents whose noun is of exactly this class, in path order."""
        for document in self._by_class.get(noun, ()):
            assert isinstance(document.noun, noun)
            yield document, document.noun

    def nouns(self, noun: type[N]) -> tuple[N, ...]:
        """The nouns of a class, in path order."""
        return tuple(found for _, found in self.all(noun))

    def only(self, noun: type[N]) -> N | None:
        """The one noun of a class that stands at most once in a repository."""
        return next((found for _, found in self.all(noun)), None)

    def path_of(self, noun: type[N]) -> str | None:
        """Path of that one noun's document."""
        return next((document.path for document, _ in self.all(noun)), None)

    @property
    def organisation(self) -> Organisation | None:
        """The root document, `care.yaml`."""
        return self.only(Organisation)
