"""A change under review: two trees with their checks, and which files of other kinds it touched."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from careloop.domain.check import TreeCheck
from careloop.domain.source_tree import SourceTree

__all__ = ["ChangeReview"]


@dataclass(frozen=True, slots=True)
class ChangeReview:
    """What a check of a change starts from."""

    old: SourceTree
    new: SourceTree
    before: TreeCheck
    after: TreeCheck
    changed: frozenset[str] = frozenset()
    """Files that are no governed documents: code, weights, parameters."""
    watched: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """System to changed files, where a link says which they are; then `changed` is empty."""
    card_at: Mapping[str, str] = field(default_factory=dict)
    """System to the path of its card, where that stands beside the code."""
