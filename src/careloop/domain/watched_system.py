"""A system with its monitors, as the documents say it: what rules and dashboards are written from."""

from __future__ import annotations

from dataclasses import dataclass

from careloop.domain.monitor import Monitor

__all__ = ["WatchedSystem"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedSystem:
    """One system."""

    id: str
    name: str
    monitors: tuple[Monitor, ...]
    """In the order of its `monitors.yaml`."""
