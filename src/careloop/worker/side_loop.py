"""One loop beside the watching of systems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

__all__ = ["SideLoop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SideLoop:
    """Something that is done again and again."""

    name: str
    every_s: float
    work: Callable[[datetime], None]
