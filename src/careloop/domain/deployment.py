"""What answers in an environment: a release, or the declared safe state; and the order to change it (SEMANTICS 13, 22).

A release is named by its lock digest, `sha256:` and 64 hex digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from careloop.domain.system import SafeStateKind

__all__ = ["ServeRelease", "ServeSafeState", "Served", "Serving", "SwitchOrder", "Switched", "served_name"]


@dataclass(frozen=True, slots=True)
class ServeRelease:
    """A release answers."""

    lock: str


@dataclass(frozen=True, slots=True)
class ServeSafeState:
    """The declared safe state answers instead of a model."""

    state: SafeStateKind


Served: TypeAlias = ServeRelease | ServeSafeState


def served_name(served: Served | None) -> str:
    """The same in a few words.

    >>> served_name(ServeSafeState(SafeStateKind.HUMAN)), served_name(None)
    ('safe state human', 'nothing')
    """
    match served:
        case None:
            return "nothing"
        case ServeRelease(lock):
            return f"release {lock[:19]}"
        case ServeSafeState(state):
            return f"safe state {state.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What answers now, since when, and by which order."""

    system: str
    environment: str
    served: Served
    since: datetime
    """Aware UTC."""
    order: str
    """Id of the order that brought it."""
    replaced: Served | None = None
    """What answered before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchOrder:
    """Let `to` answer from now on, in the place of one of `over`.

    A deployer carries an order out once, however often it is given, and refuses it when something else answers by then:
    nobody's newer decision is undone by an old order.
    """

    id: str
    system: str
    environment: str
    to: Served
    over: tuple[Served, ...]
    """What may be answering when the order arrives; none of them: only if nothing answers yet."""
    ordered_at: datetime
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """The deployer's answer: what the order asked for is in place."""

    order: str
    to: Served
    switched_at: datetime
    changed: bool
    """False when the order had been carried out before."""
