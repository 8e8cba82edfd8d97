"""Reads the standards data the way a user of the package would: the files beside the module, by their nouns."""

import json
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel

from careloop.domain.rule import RuleFile
from careloop.domain.standard import CareCatalogue, Claim, ClaimFile, Outline

__all__ = ["CLAIM_FILES", "REFERENCE", "all_claims", "care", "claim_file", "every_file", "outline", "pack", "plain"]

CLAIM_FILES = ("claims/clauses.yaml", "claims/annex-a.yaml", "claims/care.yaml")
REFERENCE = Path(__file__).parents[4] / "shared" / "reference" / "iso42001.json"
_ROOT = files("careloop.standards")
_Noun = TypeVar("_Noun", bound=BaseModel)


class _Loader(yaml.CSafeLoader):
    """PyYAML without its habit of turning texts that look like days into days."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def every_file() -> tuple[str, ...]:
    """Path of each data file below the package."""
    return tuple(sorted(_below(_ROOT, "")))


def _below(folder: Traversable, path: str) -> list[str]:
    found: list[str] = []
    for item in folder.iterdir():
        if item.is_dir():
            found += _below(item, f"{path}{item.name}/")
        elif item.name.endswith(".yaml"):
            found.append(f"{path}{item.name}")
    return found


@cache
def plain(path: str) -> Any:
    """A file as plain values."""
    return yaml.load(_ROOT.joinpath(*path.split("/")).read_text(encoding="utf-8"), _Loader)


def _noun(path: str, model: type[_Noun]) -> _Noun:
    return model.model_validate_json(json.dumps(plain(path)), strict=True)


@cache
def outline() -> Outline:
    """The outline of the standard."""
    return _noun("iso42001-2023.yaml", Outline)


@cache
def care() -> CareCatalogue:
    """The practices."""
    return _noun("care.yaml", CareCatalogue)


@cache
def pack() -> RuleFile:
    """The rules that every repository starts with."""
    return _noun("packs/base.yaml", RuleFile)


@cache
def claim_file(path: str) -> ClaimFile:
    """One file of claims."""
    return _noun(path, ClaimFile)


@cache
def all_claims() -> tuple[Claim, ...]:
    """The claims of all files, in order."""
    return tuple(claim for path in CLAIM_FILES for group in claim_file(path).claims_of for claim in group.claims)
