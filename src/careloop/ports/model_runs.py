"""Which runs belong to a version of a registered model."""

from typing import Protocol

from careloop.domain.model_run import VersionRuns

__all__ = ["ModelRuns"]


class ModelRuns(Protocol):
    """Reads one registry. Nothing here writes."""

    def runs_of(self, place: str) -> VersionRuns:
        """The runs of the version at `models:/NAME/3` or `models:/NAME@ALIAS`; deleted runs are left out.

        Raises `UsageError` for a place that names no version, `NotFound` when there is no such version, and
        `Unavailable` when the registry is out of reach.
        """
        ...
