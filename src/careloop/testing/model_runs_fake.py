"""Which runs belong to which version, in memory."""

from collections.abc import Mapping

from careloop.domain.model_run import RunRole, VersionRuns
from careloop.errors import NotFound, UsageError

__all__ = ["ModelRunsFake"]


class ModelRunsFake:
    """Holds the runs of versions by `NAME/3`, and aliases by `NAME@ALIAS`."""

    def __init__(self, versions: Mapping[str, Mapping[str, RunRole]], aliases: Mapping[str, str] | None = None) -> None:
        self._versions, self._aliases = dict(versions), dict(aliases or {})

    def runs_of(self, place: str) -> VersionRuns:
        """The runs of a version."""
        rest = place.removeprefix("models:/")
        if "@" in rest:
            if rest not in self._aliases:
                raise NotFound(f"there is no {place}")
            rest = self._aliases[rest]
        name, _, version = rest.rpartition("/")
        if not place.startswith("models:/") or not name or not version.isdigit():
            raise UsageError(f"{place} names no version")
        if rest not in self._versions:
            raise NotFound(f"there is no {place}")
        return VersionRuns(model=name, version=version, runs=self._versions[rest])
