"""What one state of the governance repository says to the scorecard: rules kept, projects, tiers, kinds of monitors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from careloop.checks.catalogue import Catalogue
from careloop.documents.compile import Compiled
from careloop.domain.monitor import Monitors
from careloop.domain.organisation import Approval
from careloop.domain.source_tree import SourceTree
from careloop.domain.system import System
from careloop.domain.tier import Tier
from careloop.scoring.adherence import Adherence, adherence
from careloop.scoring.cards_and_limits import Project, projects

__all__ = ["RepositoryReading", "read_documents"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryReading:
    """The documents of one commit, or of the work tree, as they are judged at one instant."""

    at: datetime
    adherence: Adherence
    projects: tuple[Project, ...]
    tiers: Mapping[str, Tier]
    """By system."""
    kinds: Mapping[tuple[str, str], str]
    """Kind of each monitor, by system and monitor."""


def read_documents(
    tree: SourceTree,
    compiled: Compiled,
    catalogue: Catalogue,
    at: datetime,
    *,
    granted: Mapping[str, tuple[Approval, ...]],
) -> RepositoryReading:
    """Read a tree; `compiled` is that same tree. `at` is in the organisation's time zone, which decides the day.

    `granted` are the waivers that people had granted by then.
    """
    repository = compiled.repository
    return RepositoryReading(
        at=at,
        adherence=adherence(tree, compiled, catalogue, at, granted=granted),
        projects=projects(repository, at.date()),
        tiers={system.id: system.tier for system in repository.nouns(System)},
        kinds={
            (str(document.folder), monitor.id): monitor.kind.value
            for document, monitors in repository.all(Monitors)
            for monitor in monitors.monitors
        },
    )
