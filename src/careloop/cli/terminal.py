"""What every command shares: the repository it means, and how lines look on a terminal."""

import json
import os
import sys
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from careloop.domain.link_file import LINK_FILE
from careloop.errors import UsageError

__all__ = [
    "DirArgument",
    "Format",
    "FormatOption",
    "RepoOption",
    "a_command",
    "day_option",
    "linked_root",
    "paint",
    "print_json",
    "progress_bar",
    "repository_root",
    "say",
]


class Format(StrEnum):
    """How an answer is printed."""

    TEXT = "text"
    JSON = "json"


DirArgument = Annotated[
    Path | None, typer.Argument(metavar="[DIR]", help="Governance repository; else this folder or a parent.")
]
RepoOption = Annotated[Path | None, typer.Option("--repo", metavar="DIR", help="The same as DIR.")]
FormatOption = Annotated[Format, typer.Option("--format", help="text for people, json for machines.")]

_BAR = 30
"""Signs of a whole progress bar."""
_COLOURS: Mapping[str, str] = {
    "error": "31;1",
    "must": "31",
    "should": "33",
    "grey": "90",
    "detail": "2",
    "summary": "1",
    "good": "32",
    "warn": "33",
    "bad": "31",
    "heading": "1",
}


def a_command() -> typer.Typer:
    """An application of one command, for a module of this package."""
    return typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


def repository_root(folder: Path | None, repo: Path | None) -> Path:
    """The repository that a command means. DIR and --repo are the same; both given and different is wrong usage."""
    if folder is not None and repo is not None and folder.resolve() != repo.resolve():
        raise UsageError(f"DIR is {folder} and --repo is {repo}", hint="give one of them")
    given = folder or repo
    if given is not None:
        if not given.is_dir():
            raise UsageError(f"{given} is not a folder", hint="name the folder that holds care.yaml")
        return given
    here = Path.cwd()
    return next((place for place in (here, *here.parents) if (place / "care.yaml").is_file()), here)


def linked_root(folder: Path | None, repo: Path | None) -> Path | None:
    """The code repository that a command means, where its nearest mark is a link and not a care.yaml; else null."""
    given = folder or repo
    here = Path.cwd()
    for place in (given,) if given is not None else (here, *here.parents):
        if (place / "care.yaml").is_file():
            return None
        if (place / LINK_FILE).is_file():
            return place
    return None


def day_option(text: str | None, option: str) -> date | None:
    """A day as an option gives it; null when it was left out. Raises UsageError."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError(f"{option} {text} is no day", hint="write it like 2026-03-31") from error


def _coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, style: str) -> str:
    """The text in a style, on a terminal that wants colour; else as it is."""
    return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if _coloured() and style in _COLOURS else text


def say(text: str = "", style: str = "") -> None:
    """Print a line."""
    typer.echo(paint(text, style))


def print_json(answer: Mapping[str, Any] | list[dict[str, Any]]) -> None:
    """Print an answer for machines, with keys in the order of the contract."""
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def progress_bar(done: float | None) -> None:
    """Draw how much is counted, 0 to 1, on a terminal only; null wipes it."""
    if sys.stderr.isatty():
        full = 0 if done is None else int(done * _BAR)
        told = "" if done is None else f"counting {'█' * full}{'·' * (_BAR - full)} {done:4.0%}"
        sys.stderr.write(f"\r\x1b[K{told}")
        sys.stderr.flush()
