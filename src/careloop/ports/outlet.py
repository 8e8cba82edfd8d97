"""What the inside asks of a tool that is told what happened: a dashboard, a model registry, a scheduler, a tracker."""

from __future__ import annotations

from typing import Protocol

from careloop.domain.happening import Happening, Preview

__all__ = ["Outlet"]


class Outlet(Protocol):
    """Tells one tool. What it was told twice, under the same id, shows once."""

    def preview(self, happening: Happening) -> tuple[Preview, ...]:
        """What would be sent that changes something there; nothing is asked of the tool."""
        ...

    def tell(self, happening: Happening) -> None:
        """Return when the tool has it, from now or from before.

        Raises `Unavailable` when it is out of reach, `NotFound` when what is to be marked is not there yet, `Refused`
        when it will not.
        """
        ...
