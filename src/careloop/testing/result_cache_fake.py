"""A result cache in memory, for tests: it keeps everything, forgets on demand, and counts what it was asked."""

__all__ = ["ResultCacheFake"]


class ResultCacheFake:
    """A `ResultCache`; `forgets = True` makes it lose all it is given, which a cache may do at any time."""

    def __init__(self, *, forgets: bool = False) -> None:
        self.forgets = forgets
        self.kept: dict[str, bytes] = {}
        self.hits = 0

    def get(self, key: str) -> bytes | None:
        """What was kept under a key."""
        found = self.kept.get(key)
        self.hits += found is not None
        return found

    def put(self, key: str, value: bytes) -> None:
        """Keep a value, unless it forgets."""
        if not self.forgets:
            self.kept[key] = value
