"""Draft a data sheet of a system from a published description in Croissant (R57-R59, R80)."""

import re
from dataclasses import dataclass

from careloop.checks.questionnaire_shelf import NamedFile
from careloop.documents.compile import compile_tree
from careloop.documents.croissant import read_croissant
from careloop.documents.dataset_draft import DraftedSheet, SheetTerms, draft_sheet
from careloop.domain.dataset import Dataset, UsedFor
from careloop.domain.system import System
from careloop.errors import Conflict, NotFound
from careloop.ports.document_folder import DocumentFolder
from careloop.ports.repository_source import RepositorySource

__all__ = ["DatasetTerms", "SheetToWrite", "draft_dataset", "write_sheet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetTerms:
    """Which data sheet is to be drafted."""

    system: str
    id: str | None = None
    """Left out: made from the name of the data set."""
    used_for: tuple[UsedFor, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetToWrite:
    """A drafted data sheet and where it belongs."""

    path: str
    sheet: DraftedSheet


def draft_dataset(source: RepositorySource, description: NamedFile, terms: DatasetTerms) -> SheetToWrite:
    """Read the description and write down what it says. Raises NotFound for a system that is not there."""
    repository = compile_tree(source.work_tree()).repository
    systems = {system.id: system for system in repository.nouns(System)}
    system = systems.get(terms.system)
    if system is None:
        hint = f"one of {', '.join(sorted(systems))}" if systems else "write systems/<id>/system.yaml, or `care adopt`"
        raise NotFound(f"there is no system '{terms.system}'", hint=hint)
    found = read_croissant(description.name, description.raw)
    taken = {data.id for document, data in repository.all(Dataset) if document.folder == system.id}
    name = terms.id or _free(_slug(found.name), taken)
    if name in taken:
        raise Conflict(f"{system.id} has a data set '{name}' already", hint="give another id with --name")
    made = draft_sheet(found, SheetTerms(id=name, owner=system.owner, source=description.name, used_for=terms.used_for))
    return SheetToWrite(f"systems/{system.id}/data/{name}.yaml", made)


def write_sheet(made: SheetToWrite, writer: DocumentFolder, path: str) -> None:
    """Write a data sheet where none is yet. Raises Conflict."""
    if writer.exists(path):
        raise Conflict(f"{path} is there already", hint="name another file with --out, and take over what you want")
    writer.write(path, made.sheet.text)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60].strip("-") or "data"


def _free(name: str, taken: set[str]) -> str:
    return next(one for one in (name, *(f"{name}-{n}" for n in range(2, 10_000))) if one not in taken)
