"""Digests of a tree: what answers are remembered by. Light to import, for an answer from the cache needs no more."""

import hashlib
import json
from collections.abc import Mapping

from careloop.domain.source_tree import SourceTree

__all__ = ["UNITS", "core_digest", "file_digests", "tree_digest"]

UNITS = ("systems/", "risk/register/", "suppliers/")
"""Where the units of a repository lie (see `careloop.checks.part`); everything else is its core."""


def file_digests(tree: SourceTree) -> dict[str, str]:
    """SHA-256 of each file, as hexadecimal digits."""
    return {path: hashlib.sha256(raw).hexdigest() for path, raw in tree.files.items()}


def tree_digest(tree: SourceTree, digests: Mapping[str, str]) -> str:
    """SHA-256 over all that a check may look at in a tree."""
    return _over(tree, {path: digests[path] for path in tree.files})


def core_digest(tree: SourceTree, digests: Mapping[str, str]) -> str:
    """SHA-256 over everything but the contents of the units' files; which files there are is part of it."""
    return _over(tree, {path: "" if path.startswith(UNITS) else digests[path] for path in tree.files})


def _over(tree: SourceTree, digests: Mapping[str, str]) -> str:
    links = [[link.path, link.target, link.outside] for link in tree.links]
    sizes = [[big.path, big.size] for big in tree.oversized]
    whole = json.dumps([sorted(digests.items()), links, sizes, sorted(tree.unreadable.items())])
    return hashlib.sha256(whole.encode()).hexdigest()
