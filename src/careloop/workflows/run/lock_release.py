"""`care release lock`: write down, by digest, everything that decides how a release behaves (SEMANTICS 11)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from pydantic import JsonValue, ValidationError

from careloop.documents.compile import compile_tree
from careloop.domain.card import Card
from careloop.domain.release_lock import Artefact, ArtefactKind, HostedModel, ReleaseLock, is_dated
from careloop.domain.repository import Repository
from careloop.domain.system import System
from careloop.errors import InvalidInput, NotFound, UsageError
from careloop.ports.artefact_store import ArtefactStore
from careloop.ports.commit_history import CommitHistory
from careloop.ports.repository_source import RepositorySource

__all__ = ["ArtefactClaim", "LockAsk", "lock_release"]

_BY_WORD: Final = (
    (re.compile(r"(^|[/_.-])guards?([/_.-]|$)"), ArtefactKind.GUARD),
    (re.compile(r"(^|[/_.-])(prompts?)([/_.-]|$)"), ArtefactKind.PROMPT),
    (re.compile(r"(^|[/_.-])(tools?|mcp)([/_.-]|$)"), ArtefactKind.TOOL_SCHEMA),
    (re.compile(r"(^|[/_.-])(index|retrieval|embeddings?)([/_.-]|$)"), ArtefactKind.INDEX),
    (re.compile(r"(^|[/_.-])params?([/_.-]|$)|\.(ya?ml|toml|ini|cfg)$"), ArtefactKind.PARAMETERS),
    (re.compile(r"\.(py|pyc|whl|ipynb|r|jl|sql|so)$"), ArtefactKind.CODE),
    (re.compile(r"\.(txt|md|j2|jinja2?)$"), ArtefactKind.PROMPT),
)


@dataclass(frozen=True, slots=True)
class ArtefactClaim:
    """A file or folder that decides behaviour, by the name that the lock will give it."""

    name: str
    kind: ArtefactKind | None = None
    """Left out: told from the name; what nothing speaks for is weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockAsk:
    """What is to be locked."""

    system: str
    artefacts: tuple[ArtefactClaim, ...] = ()
    hosted: str | None = None
    """`provider/model-id` of a model that somebody else runs."""
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    version: str | None = None
    """Left out: the version that the system's card states."""
    code_commit: str | None = None
    """Left out: the newest commit where the code lies."""


def lock_release(
    ask: LockAsk, *, source: RepositorySource, code: CommitHistory, artefacts: ArtefactStore
) -> ReleaseLock:
    """The lock; nothing is written or recorded.

    Raises `NotFound` for an unknown system, artefact or commit, `InvalidInput` for what cannot be locked, and
    `UsageError` when nothing says which version this is.
    """
    repository = compile_tree(source.work_tree()).repository
    if ask.system not in {system.id for system in repository.nouns(System)}:
        raise NotFound(f"there is no system '{ask.system}' in the inventory", hint="add systems/<id>/system.yaml")
    locked = []
    for claim in ask.artefacts:
        found = artefacts.measure(claim.name)
        kind = claim.kind or _kind_of(claim.name)
        locked.append({"name": claim.name, "kind": kind, "sha256": found.sha256, "size": found.size})
    commit, authors = _origin(ask.code_commit or code.newest(), source, code)
    try:
        return ReleaseLock(
            system=ask.system,
            version=ask.version or _version(repository, ask.system),
            artefacts=tuple(Artefact.model_validate(one) for one in sorted(locked, key=lambda one: str(one["name"]))),
            hosted_model=_hosted(ask.hosted) if ask.hosted is not None else None,
            parameters=dict(ask.parameters),
            code_commit=commit,
            governance_commit=source.head().commit,
            code_authors=authors,
        )
    except ValidationError as error:
        said = "; ".join(one["msg"] for one in error.errors())
        raise InvalidInput(f"this cannot be locked: {said}") from error


def _origin(revision: str | None, source: RepositorySource, code: CommitHistory) -> tuple[str | None, tuple[str, ...]]:
    """The code commit, and who made it where the governance repository does not hold it and could not tell."""
    if revision is None:
        return None, ()
    try:
        return source.resolve(revision), ()
    except NotFound:
        return revision, tuple(sorted(code.hands(revision)))


def _version(repository: Repository, system: str) -> str:
    for document in repository.documents:
        if document.folder == system and isinstance(document.noun, Card) and document.noun.version:
            return document.noun.version
    raise UsageError(f"the card of {system} states no version", hint="say which one this is with --version")


def _hosted(text: str) -> HostedModel:
    provider, slash, model = text.partition("/")
    if not slash or not provider or not model:
        raise UsageError(f"--hosted {text} is not provider/model-id")
    return HostedModel(provider=provider, id=model, dated=is_dated(model))


def _kind_of(name: str) -> ArtefactKind:
    path = str(PurePosixPath(name)).lower()
    return next((kind for pattern, kind in _BY_WORD if pattern.search(path)), ArtefactKind.WEIGHTS)
