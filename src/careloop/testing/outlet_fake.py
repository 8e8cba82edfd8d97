"""A tool that is told what happened, for tests."""

from __future__ import annotations

from careloop.domain.happening import Happening, Preview
from careloop.errors import Unavailable
from careloop.reports.happening_text import happening_json

__all__ = ["OutletFake"]


class OutletFake:
    """An `Outlet` that remembers what it was told; `out_of_reach = True` makes it raise `Unavailable`."""

    def __init__(self) -> None:
        self.told: dict[str, Happening] = {}
        self.out_of_reach = False

    def preview(self, happening: Happening) -> tuple[Preview, ...]:
        """One message."""
        return (Preview(method="POST", url="https://tool.example/told", body=happening_json(happening)),)

    def tell(self, happening: Happening) -> None:
        """Remember it."""
        if self.out_of_reach:
            raise Unavailable("the tool is out of reach")
        self.told.setdefault(happening.id, happening)
