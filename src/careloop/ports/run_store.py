"""Where the runs of experiments and evaluations are kept."""

from typing import Protocol

__all__ = ["RunStore"]


class RunStore(Protocol):
    """Reads one tracking store. Nothing here writes."""

    def run(self, run_id: str) -> bytes:
        """One run as JSON, in the shape of `runs/get` of MLflow's REST interface 2.0.

        Raises `NotFound` when there is no such run, `InvalidInput` when what is there cannot be read, and `Unavailable`
        when the store is out of reach.
        """
        ...
