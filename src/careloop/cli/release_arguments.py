"""What the release commands share: how artefacts, parameters and locks are written on the command line."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from careloop import wiring
from careloop.domain.release_lock import ArtefactKind, ReleaseLock
from careloop.errors import InvalidInput, NotFound, UsageError
from careloop.gates.read_files import read_lock
from careloop.workflows.run.lock_release import ArtefactClaim, LockAsk, lock_release
from careloop.workflows.run.release_case import lock_of
from careloop.workflows.run.release_desk import ReleaseDesk
from careloop.workflows.run.release_records import find_lock

__all__ = [
    "Artefacts",
    "ArtifactOption",
    "AsOption",
    "EnvironmentOption",
    "HostedOption",
    "KeyOption",
    "ParamOption",
    "RepoOnlyOption",
    "VersionOption",
    "make_lock",
    "read_artefacts",
    "read_file",
    "read_parameters",
    "the_lock",
]

ArtifactOption = Annotated[
    list[str] | None,
    typer.Option(
        "--artifact",
        metavar="[KIND=|NAME=]PATH",
        help="File or folder that decides behaviour; repeat. KIND: weights, parameters, prompt, tool_schema, code, "
        "index, guard. NAME: like models:/credit/3.",
    ),
]
HostedOption = Annotated[
    str | None, typer.Option("--hosted", metavar="PROVIDER/ID", help="Model that somebody else runs; a dated id.")
]
ParamOption = Annotated[
    list[str] | None, typer.Option("--param", metavar="KEY=VALUE", help="Setting that decides behaviour; repeat.")
]
VersionOption = Annotated[str | None, typer.Option("--version", help="Version; else the one that the card states.")]
EnvironmentOption = Annotated[str, typer.Option("--environment", metavar="NAME", help="Where it is to run.")]
KeyOption = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="SSH key that signs; else git's, else the usual ones.")
]
AsOption = Annotated[
    str | None, typer.Option("--as", metavar="PERSON", help="Which of your keys signs; gives no authority.")
]
RepoOnlyOption = Annotated[
    Path | None, typer.Option("--repo", metavar="DIR", help="Governance repository; else this folder or a parent.")
]


class Artefacts:
    """Artefacts as they were named: their claims, and where each lies."""

    def __init__(self, claims: tuple[ArtefactClaim, ...], places: Mapping[str, Path]) -> None:
        self.claims = claims
        self.places = places


def read_artefacts(texts: Iterable[str] | None, root: Path) -> Artefacts:
    """Each `[KIND=|NAME=]PATH`; a name is the path below the repository, else below this folder, else the file's."""
    claims: list[ArtefactClaim] = []
    places: dict[str, Path] = {}
    for text in texts or ():
        head, equals, rest = text.rpartition("=")
        path = Path(rest if equals else text)
        kind = ArtefactKind(head) if head in set(ArtefactKind) else None
        if head and kind is None and Path(text).exists():
            head, path = "", Path(text)
        if not equals and text.startswith("models:/"):
            raise UsageError(f"{text} is a name in a registry", hint=f"say where it lies: --artifact {text}=PATH")
        if not path.exists():
            raise NotFound(f"there is no artefact at {path}")
        name = head if head and kind is None else _name_of(path, root)
        claims.append(ArtefactClaim(name, kind))
        places[name] = path
    return Artefacts(tuple(claims), places)


def _name_of(path: Path, root: Path) -> str:
    whole = path.resolve()
    for folder in (root.resolve(), Path.cwd().resolve()):
        if whole.is_relative_to(folder) and whole != folder:
            return whole.relative_to(folder).as_posix()
    return whole.name


def make_lock(ask: LockAsk, artefacts: Artefacts, root: Path) -> ReleaseLock:
    """A lock of what lies there now."""
    first = next(iter(artefacts.places.values()), Path.cwd())
    return lock_release(
        ask,
        source=wiring.repository_source(root),
        code=wiring.commit_history(first if first.is_dir() else first.resolve().parent),
        artefacts=wiring.artefacts(root, artefacts.places),
    )


def the_lock(text: str, desk: ReleaseDesk) -> ReleaseLock:
    """The lock in a file, or of a digest that has come to the gate."""
    if Path(text).is_file():
        return read_lock(read_file(Path(text)), text)
    digits = text.removeprefix("sha256:")
    if not digits or set(digits) - set("0123456789abcdef"):
        raise NotFound(f"there is no lock file {text}", hint="write one with `care release lock`")
    return lock_of(find_lock(desk.ledger, text), desk)


def read_parameters(texts: Iterable[str] | None) -> dict[str, Any]:
    """Each `KEY=VALUE`; a value that is JSON is that value, any other is text."""
    found: dict[str, Any] = {}
    for text in texts or ():
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"--param {text} is not KEY=VALUE")
        if key in found:
            raise UsageError(f"--param {key} is given twice")
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found


def read_file(path: Path) -> bytes:
    """The bytes of a file that the command names."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {path}") from error
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
