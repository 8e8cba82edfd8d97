"""Read which systems are watched, and by which monitors, as the documents lie in the folder."""

from __future__ import annotations

from collections.abc import Sequence

from careloop.documents.compile import compile_tree
from careloop.domain.monitor import Monitors
from careloop.domain.system import System
from careloop.domain.watched_system import WatchedSystem
from careloop.errors import InvalidInput, NotFound
from careloop.ports.repository_source import RepositorySource

__all__ = ["watched_systems"]


def watched_systems(source: RepositorySource, names: Sequence[str] = ()) -> tuple[WatchedSystem, ...]:
    """The systems of the inventory, or those named, in the order of their ids.

    Raises `InvalidInput` while a document under `systems/` cannot be read: rules that lack its monitors would look
    whole. Raises `NotFound` for a name that the inventory does not list.
    """
    compiled = compile_tree(source.work_tree())
    broken = [one for one in compiled.errors if one.place.file.startswith("systems/")]
    if broken:
        raise InvalidInput(f"{broken[0].place.file}:{broken[0].place.line}: {broken[0].message}", hint="care check")
    found = {one.id: one for one in compiled.repository.nouns(System)}
    unknown = [name for name in names if name not in found]
    if unknown:
        raise NotFound(f"the inventory lists no system '{unknown[0]}'", hint=f"it lists {', '.join(sorted(found))}")
    monitors = {str(at.folder): noun.monitors for at, noun in compiled.repository.all(Monitors)}
    return tuple(
        WatchedSystem(id=name, name=system.name, monitors=monitors.get(name, ()))
        for name, system in sorted(found.items())
        if not names or name in names
    )
