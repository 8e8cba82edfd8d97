"""A batch of events in a form of its own, such as columns, that knows how to hold its rows against what is declared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from careloop.domain.event_contract import Admitted, EventTerms

__all__ = ["EventRows"]


@runtime_checkable
class EventRows(Protocol):
    """The rows of one batch. Whatever the form, a row is judged as `careloop.domain.event_contract.admit` would."""

    def admitted(self, terms: EventTerms) -> Iterator[tuple[int, Admitted | str]]:
        """Each row's place in the batch from 0, with the event it says or the reason why it is refused."""
        ...
