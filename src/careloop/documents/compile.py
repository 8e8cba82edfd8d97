"""All governed files at once: the repository as nouns, and every error with its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from pydantic import BaseModel

from careloop.documents.layout import MAX_BYTES, kind_of
from careloop.documents.markdown_text import split_front_matter
from careloop.documents.parse import Older, Parsed, parse_document
from careloop.documents.problem import Problem
from careloop.documents.upcasters import UPCASTERS, Upcasters, schema_in
from careloop.documents.yaml_exact import locate
from careloop.documents.yaml_text import decode, read_yaml
from careloop.domain.finding import Finding
from careloop.domain.place import Place, Pointer
from careloop.domain.repository import Document, Repository
from careloop.domain.source_tree import SourceTree
from careloop.domain.tier import Enforcement, Severity

__all__ = ["Compiled", "compile_tree", "error_finding", "identities_of", "places_in"]


@dataclass(frozen=True)
class Compiled:
    """What could be read, what could not, and the bytes behind both."""

    repository: Repository
    errors: tuple[Finding, ...]
    """Each keeps the repository from being understood: exit code 2."""
    sources: Mapping[str, bytes] = field(repr=False)


def error_finding(code: str, message: str, place: Place, *, pointer: Pointer = (), remedy: str = "") -> Finding:
    """An error in the shape that findings have; an error always blocks."""
    return Finding(
        rule=code,
        severity=Severity.MUST,
        enforce=Enforcement.BLOCK,
        message=message,
        place=place,
        pointer=pointer,
        remedy=remedy or _usual_remedy(code, place.file),
    )


_REMEDIES: Mapping[str, str] = {
    "bad-date": "write a day of the calendar, like 2026-03-31",
    "bad-value": "write a value that fits; {schema}",
    "duplicate-id": "give each an id of its own, or take one out",
    "duplicate-key": "leave the key once",
    "empty-file": "write the document, or delete the file; {schema}",
    "missing-key": "add the key; {schema}",
    "not-a-number": "write a finite number, or leave the key out",
    "not-utf8": "save the file as UTF-8",
    "rule-expression": "correct the expression; {schema}",
    "unknown-key": "correct the key, or take it out; {schema}",
    "unversioned-id": "write the id with its edition",
    "wrong-type": "write what is needed there; {schema}",
    "yaml-syntax": "mend the text at this place: two spaces a level, no tabs, quotes in pairs",
}
"""What mends an error of a kind where nothing closer is known."""


def _usual_remedy(code: str, path: str) -> str:
    found = kind_of(path)
    schema = f"`care schema {found[0].name}` shows what may stand there" if found else "`care schema` shows the forms"
    return _REMEDIES.get(code, "").format(schema=schema)


def compile_tree(tree: SourceTree, upcasters: Upcasters = UPCASTERS) -> Compiled:
    """Read every governed file; order of files makes no difference to the answer."""
    documents: list[Document] = []
    errors: list[Finding] = []
    for big in tree.oversized:
        message = f"the file has {big.size:,} bytes; a document has at most {MAX_BYTES:,}"
        errors.append(error_finding("too-large", message, Place(big.path)))
    for path, reason in tree.unreadable.items():
        errors.append(error_finding("unreadable", reason, Place(path)))
    older = _from_older(tree, upcasters)
    for path in sorted(tree.files):
        found = kind_of(path)
        if found is None:
            continue
        parsed = parse_document(path, *found, tree.files[path], older=older)
        problems = parsed.problems
        if parsed.document is not None:
            documents.append(parsed.document)
            problems = (*_wrong_folder(parsed.document), *_twice_within(parsed.document))
        if problems:
            errors.extend(_placed(path, problems, parsed))
    errors.extend(_twice_across(documents, tree.files))
    if "care.yaml" not in tree.files and not any(e.place.file == "care.yaml" for e in errors):
        errors.append(_no_root())
    repository = Repository(tuple(documents))
    return Compiled(repository, tuple(sorted(errors, key=lambda e: (e.place, e.rule))), tree.files)


def _from_older(tree: SourceTree, upcasters: Upcasters) -> Older:
    """How to bring documents of the repository's schema into today's shape; null for today's and for unknown ones."""
    text = decode(tree.files.get("care.yaml", b""))
    schema = schema_in(read_yaml(text).value) if isinstance(text, str) else None
    if schema is None or schema == upcasters.current or not upcasters.knows(schema):
        return None
    return lambda kind, values: upcasters.to_current(kind, values, schema)


def _no_root() -> Finding:
    return error_finding(
        "missing-key",
        "there is no care.yaml here",
        Place("care.yaml"),
        remedy="run `care init .`, or name the folder of a governance repository",
    )


def _placed(path: str, problems: tuple[Problem, ...], parsed: Parsed) -> Iterator[Finding]:
    wanted = frozenset(problem.pointer for problem in problems if problem.line is None)
    places = locate(parsed.yaml, wanted) if wanted and parsed.yaml else {}
    shift = parsed.yaml_line - 1
    for problem in problems:
        line, column = (
            places.get(problem.pointer, (1, 1)) if problem.line is None else (problem.line, problem.column or 1)
        )
        place = Place(path, line + shift, column)
        yield error_finding(problem.code, problem.message, place, pointer=problem.pointer, remedy=problem.remedy)


def _wrong_folder(document: Document) -> tuple[Problem, ...]:
    """Inside `systems/<id>/`, documents that name their system must name this one."""
    if document.folder is None:
        return ()
    key = "id" if document.kind == "system" else "system"
    named = getattr(document.noun, key, None)
    if named is None or named == document.folder:
        return ()
    return (Problem("wrong-id", f"{key} is '{named}' but the folder is '{document.folder}'", pointer=(key,)),)


@cache
def _keyed_lists(noun: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """Fields of a noun that hold items with an id of their own, and the name of that id."""
    found = []
    for name, info in noun.model_fields.items():
        inner = [part for part in getattr(info.annotation, "__args__", ()) if isinstance(part, type)]
        for part in inner:
            if issubclass(part, BaseModel) and name != "statements":
                key = next((k for k in ("id", "control", "phase", "finding") if k in part.model_fields), None)
                if key:
                    found.append((name, key))
    return tuple(found)


def _twice_within(document: Document) -> tuple[Problem, ...]:
    problems: list[Problem] = []
    for name, key in _keyed_lists(type(document.noun)):
        seen: set[object] = set()
        items = getattr(document.noun, name)
        for position, item in enumerate(items if isinstance(items, tuple) else ()):
            value = getattr(item, key)
            if key == "control" and getattr(item, "systems", None):
                continue  # decided for some systems only; that no system has two decisions is checked elsewhere
            if value in seen:
                problems.append(
                    Problem("duplicate-id", f"the {key} '{value}' stands here twice", pointer=(name, position, key))
                )
            seen.add(value)
    return tuple(problems)


def identities_of(document: Document) -> Iterator[tuple[str, str, Pointer]]:
    """Ids that a document declares and nobody else may: (space, id, pointer)."""
    if document.kind == "rules":
        for position, rule in enumerate(getattr(document.noun, "rules", ())):
            yield "rule", rule.id, ("rules", position, "id")
        return
    identity = getattr(document.noun, "id", None)
    if isinstance(identity, str):
        space = (
            document.kind
            if document.folder is None or document.kind == "system"
            else f"{document.folder}/{document.kind}"
        )
        yield space, identity, ("id",)


def _twice_across(documents: list[Document], sources: Mapping[str, bytes]) -> Iterator[Finding]:
    first: dict[tuple[str, str], str] = {}
    for document in documents:
        for space, identity, pointer in identities_of(document):
            there = first.setdefault((space, identity), document.path)
            if there != document.path:
                place = places_in(document.path, sources[document.path], frozenset({pointer}))[pointer]
                yield error_finding("duplicate-id", f"the id '{identity}' is taken by {there}", place, pointer=pointer)


def places_in(path: str, raw: bytes, pointers: frozenset[Pointer]) -> dict[Pointer, Place]:
    """Place of each pointer in a document of any form; its first line where it cannot be told."""
    text = decode(raw)
    if isinstance(text, Problem):
        return dict.fromkeys(pointers, Place(path))
    shift = 0
    if path.endswith(".md"):
        cut = split_front_matter(text)
        if isinstance(cut, Problem):
            return dict.fromkeys(pointers, Place(path))
        text, shift = cut.front, cut.front_line - 1
    found = locate(text, pointers - {()})
    return {pointer: _shifted(path, found.get(pointer), shift) for pointer in pointers}


def _shifted(path: str, spot: tuple[int, int] | None, shift: int) -> Place:
    return Place(path) if spot is None else Place(path, spot[0] + shift, spot[1])
