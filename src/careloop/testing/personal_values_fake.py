"""Personal values in memory, for tests."""

from collections.abc import Iterator, Sequence

from careloop.errors import Unavailable
from careloop.ledger.disclosure import read_disclosure

__all__ = ["PersonalValuesFake"]


class PersonalValuesFake:
    """A `PersonalValues` in a dictionary; `out_of_reach = True` makes every call raise `Unavailable`."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}
        self.out_of_reach = False

    def keep(self, lines: Sequence[bytes]) -> tuple[str, ...]:
        """Keep all of them or none."""
        self._reach()
        read = [read_disclosure(line) for line in lines]
        self._kept |= {one.commitment: one.line for one in read}
        return tuple(one.commitment for one in read)

    def find(self, commitment: str) -> bytes | None:
        """The line of a commitment."""
        self._reach()
        return self._kept.get(commitment)

    def lines(self) -> Iterator[bytes]:
        """Every line."""
        self._reach()
        return iter([self._kept[commitment] for commitment in sorted(self._kept)])

    def erase(self, commitments: Sequence[str]) -> int:
        """Erase them."""
        self._reach()
        return sum(self._kept.pop(commitment, None) is not None for commitment in set(commitments))

    def close(self) -> None:
        """Nothing to release."""

    def _reach(self) -> None:
        if self.out_of_reach:
            raise Unavailable("the personal values are out of reach")
