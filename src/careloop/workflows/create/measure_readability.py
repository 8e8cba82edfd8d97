"""Measure how hard the governed documents are to read (R22)."""

from collections.abc import Iterator, Mapping
from typing import Final

from careloop.documents.compile import compile_tree
from careloop.documents.prose import body_of, markdown_prose, value_prose
from careloop.documents.readability import readability_of
from careloop.documents.yaml_text import read_yaml
from careloop.domain.readability import Readability, ReadingResult
from careloop.domain.repository import Repository
from careloop.domain.source_tree import SourceTree
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary, standards_digest

__all__ = ["READ_KINDS", "measure_readability"]

READ_KINDS: Final = ("policy", "roles", "criteria", "organisation", "context", "plan", "course", "runbook", "card")
"""What the article wants in plain language, policies first, and what people read when something goes wrong."""


def measure_readability(source: RepositorySource, *, standards: StandardsLibrary) -> ReadingResult:
    """The reading grade of each document that people read, in the order of its kind and path."""
    tree = source.work_tree()
    compiled = compile_tree(tree)
    head = source.head()
    return ReadingResult(
        documents=tuple(_measured(compiled.repository, tree)),
        unread=tuple(f"{error.place}  error  {error.message}" for error in compiled.errors),
        commit=head.commit,
        dirty=head.dirty,
        standards_digest=standards_digest(standards.read_all()),
    )


def _measured(repository: Repository, tree: SourceTree) -> Iterator[Readability]:
    documents = [document for document in repository.documents if document.kind in READ_KINDS]
    for document in sorted(documents, key=lambda one: (READ_KINDS.index(one.kind), one.path)):
        text = tree.files[document.path].decode("utf-8-sig", errors="replace")
        values = None if document.path.endswith(".md") else read_yaml(text).value
        blocks = value_prose(values) if isinstance(values, Mapping) else markdown_prose(body_of(text))
        yield readability_of(document.path, blocks)
