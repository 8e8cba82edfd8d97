"""What the inside asks in order to compare releases on the same rows: the rows as served, and a release's answers."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

from careloop.domain.event import Scalar
from careloop.domain.incident import DataSlice

__all__ = ["Replayer", "ServedRow", "ServedRows"]

ServedRow: TypeAlias = Mapping[str, object]
"""One inference event by column name, as plans of counts read it: `prediction`, `features.age`, `groups.sex`, …"""


class Replayer(Protocol):
    """Asks a release what it would have answered."""

    def predict(self, lock: str, rows: Sequence[Mapping[str, Scalar]]) -> Sequence[str]:
        """One answer a row, in order, as the canonical text that events carry (`true`, `7`, `approve`).

        `rows` hold the declared features, by their names. Raises `NotFound` when the release's artefacts are not there,
        `Refused` when they do not match its lock, `InvalidInput` when it cannot answer these rows, and `Unavailable`
        when what it needs to run is not installed.
        """
        ...


class ServedRows(Protocol):
    """Finds the rows behind a slice again."""

    def rows(self, part: DataSlice) -> Sequence[ServedRow]:
        """The release's real inference events of these windows, in order of ingest; drills and made-up ones left out.

        Raises `NotFound` when the rows were erased or their retention is over.
        """
        ...
