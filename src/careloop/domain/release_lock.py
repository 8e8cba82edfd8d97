"""A release lock: the digests of everything that decides how a release behaves (SEMANTICS 11).

Two locks with the same digest are the same release, wherever it runs. A lock names files relative to the repository, so
it can be moved with it.
"""

import re
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Final, Literal, Self

import rfc8785
from pydantic import Field, JsonValue, StringConstraints, field_validator, model_validator

from careloop.domain.noun import Noun, Slug, Text

__all__ = [
    "LOCK_SCHEMA",
    "Artefact",
    "ArtefactKind",
    "Fingerprint",
    "HostedModel",
    "LockDigest",
    "Presence",
    "ReleaseLock",
    "is_dated",
]

LOCK_SCHEMA: Final = "careloop/release-lock/v1"
LockDigest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
"""`sha256:` and 64 hex digits over the lock's RFC 8785 bytes."""
_Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]
_DATED = re.compile(r"(?<!\d)20\d{2}(-?)(0[1-9]|1[0-2])\1(0[1-9]|[12]\d|3[01])(?!\d)|@?sha256:[0-9a-f]{64}")


class ArtefactKind(StrEnum):
    """What a locked file is to the system."""

    WEIGHTS = "weights"
    PARAMETERS = "parameters"
    PROMPT = "prompt"
    TOOL_SCHEMA = "tool_schema"
    CODE = "code"
    INDEX = "index"
    GUARD = "guard"
    HOSTED_MODEL = "hosted_model"
    """Bytes that a supplier holds; the digest is the one that the supplier publishes."""


class Presence(StrEnum):
    """Whether what a lock names is still what was locked."""

    SAME = "same"
    CHANGED = "changed"
    MISSING = "missing"


class Fingerprint(Noun):
    """What bytes a file or a folder has now."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Of the file; of a folder, of its manifest: one line `<sha256>  <path>` for each file, in order of the paths."""
    size: int = Field(ge=0)
    """Bytes of all files together."""


class Artefact(Fingerprint):
    """One locked file or folder."""

    name: Text
    """Path below the repository, with `/`; or a name in a registry, like `models:/credit/3`."""
    kind: ArtefactKind

    @field_validator("name")
    @classmethod
    def _stays_below(cls, name: str) -> str:
        if name.startswith("models:/"):
            return name
        if name.startswith("/") or "\\" in name or ".." in name.split("/"):
            raise ValueError(f"'{name}' is not a path below the repository")
        return name


def is_dated(model: str) -> bool:
    """Whether a hosted model's id names one fixed version, by its date or its digest (SEMANTICS 11).

    >>> is_dated("chat-4-2026-05-14"), is_dated("chat-4-20260514"), is_dated("chat-4-latest")
    (True, True, False)
    """
    return _DATED.search(model) is not None


class HostedModel(Noun):
    """A model that somebody else runs."""

    provider: Text
    id: Text
    dated: bool
    """Whether the id names one fixed version; an alias that moves is a finding."""

    @model_validator(mode="after")
    def _says_the_truth(self) -> Self:
        if self.dated and not is_dated(self.id):
            raise ValueError(f"'{self.id}' carries neither a date nor a digest")
        return self


class ReleaseLock(Noun):
    """Everything that decides behaviour, by digest."""

    schema_: Literal["careloop/release-lock/v1"] = Field(default=LOCK_SCHEMA, alias="schema")
    system: Slug
    version: str = Field(min_length=1)
    artefacts: tuple[Artefact, ...] = ()
    hosted_model: HostedModel | None = None
    parameters: dict[str, JsonValue] = {}
    """Settings that decide behaviour and stand in no file: threshold, temperature, …"""
    code_commit: _Commit | None = None
    governance_commit: _Commit | None = None
    code_authors: tuple[str, ...] = ()
    """Mail addresses of those who made the code commit, where its repository is not the governance repository."""

    @model_validator(mode="after")
    def _locks_something(self) -> Self:
        if not self.artefacts and self.hosted_model is None:
            raise ValueError("a release lock names at least one artefact or a hosted model")
        names = [artefact.name for artefact in self.artefacts]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"locked twice: {', '.join(sorted(twice))}")
        return self

    @property
    def canonical(self) -> bytes:
        """The one way to write this lock down: RFC 8785; raises ValueError for a parameter that has none (NaN)."""
        value = self.model_dump(mode="json", by_alias=True)
        if not self.code_authors:
            del value["code_authors"]
        return rfc8785.dumps(value)

    @property
    def digest(self) -> str:
        """`sha256:` over the canonical bytes: the name of the release everywhere."""
        return f"sha256:{sha256(self.canonical).hexdigest()}"
