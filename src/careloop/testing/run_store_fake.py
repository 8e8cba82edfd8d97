"""A tracking store in memory."""

from collections.abc import Mapping

from careloop.errors import NotFound

__all__ = ["RunStoreFake"]


class RunStoreFake:
    """Holds runs by their id, as the JSON that they are handed out as."""

    def __init__(self, runs: Mapping[str, bytes]) -> None:
        self._runs = dict(runs)

    def run(self, run_id: str) -> bytes:
        """One run."""
        if run_id not in self._runs:
            raise NotFound(f"there is no run {run_id}")
        return self._runs[run_id]
