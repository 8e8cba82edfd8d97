"""What the inside asks in order to compare releases on the same rows: an earlier release's answers."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from careloop.domain.event import Scalar

__all__ = ["Replayer"]


class Replayer(Protocol):
    """Asks a release what it would have answered."""

    def predict(self, lock: str, rows: Sequence[Mapping[str, Scalar]]) -> Sequence[str]:
        """One answer a row, in order, as the canonical text that events carry (`true`, `7`, `approve`).

        `rows` hold the declared features, by their names. Raises `NotFound` when the release's artefacts are not there,
        `Refused` when they do not match its lock, `InvalidInput` when it cannot answer these rows, and `Unavailable`
        when what it needs to run is not installed.
        """
        ...
