"""What everything that keeps counts of what was sent must do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta

from careloop.domain.schema_drift import SchemaTally
from careloop.ports.schema_notes import SchemaNotes

__all__ = ["SchemaNotesContract", "a_tally"]

_HOUR = datetime(2026, 3, 31, 12, tzinfo=UTC)


def a_tally(system: str = "credit", hours: int = 0, schema: str = "s1", **counts: dict[str, int]) -> SchemaTally:
    """Ten rows, of which eight are answers."""
    return SchemaTally(system=system, hour=_HOUR + timedelta(hours=hours), rows=10, answers=8, schema=schema, **counts)


class SchemaNotesContract(ABC):
    """Derive a test class, give it `make_notes`, and run it."""

    @abstractmethod
    def make_notes(self) -> SchemaNotes:
        """Without any counts."""

    def test_counts_of_an_hour_add_up(self) -> None:
        notes = self.make_notes()
        assert list(notes.tallies()) == []
        notes.note([a_tally(refused={"score: odd": 2}), a_tally(system="shop")])
        notes.note([a_tally(refused={"score: odd": 1, "id: gone": 4}, undeclared={"x": 3}, absent={"features.a": 8})])
        first, second = notes.tallies()
        assert (first.system, first.rows, first.answers) == ("credit", 20, 16)
        assert dict(first.refused) == {"score: odd": 3, "id: gone": 4}
        assert (dict(first.undeclared), dict(first.absent)) == ({"x": 3}, {"features.a": 8})
        assert second == a_tally(system="shop")
        assert list(notes.tallies("shop")) == [second]
        assert list(notes.tallies("nobody")) == []

    def test_hours_and_declarations_are_kept_apart_and_in_order(self) -> None:
        notes = self.make_notes()
        given = [a_tally(hours=1, schema="s2"), a_tally(hours=1), a_tally(), a_tally(system="a")]
        notes.note(given)
        assert list(notes.tallies()) == [given[3], given[2], given[1], given[0]]
