"""What every outlet must do. Derive a test class, give it a tool and an outlet to it, and run it."""

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, datetime

from careloop.domain.happening import Happening, HappeningKind
from careloop.domain.incident import DataSlice
from careloop.errors import Unavailable
from careloop.ports.outlet import Outlet

__all__ = ["OutletContract", "a_happening"]

_NOON = datetime(2026, 3, 31, 12, 0, 0, 123_456, tzinfo=UTC)


def a_happening(kind: HappeningKind = HappeningKind.ALARM, *, number: int = 1, group: str = "women") -> Happening:
    """An alarm of noon, or what followed from it; the number tells happenings apart."""
    sliced = kind in (HappeningKind.ALARM, HappeningKind.RETRAIN)
    rows = DataSlice(
        system="credit",
        release=f"sha256:{'1' * 64}",
        monitor="approval-gap",
        since=1_774_915_200,
        until=1_774_958_400,
        by="sex",
        group=group,
        n=4102,
        digest="ab" * 32,
    )
    return Happening(
        id=f"01900000-0000-7000-8000-{number:012}",
        kind=kind,
        system="credit",
        environment="production",
        at=_NOON,
        entry=number,
        title=f"credit: approval-gap for {group} moved lower, größer | <b>als</b> zuvor",
        release=f"sha256:{'1' * 64}",
        left=f"sha256:{'2' * 64}" if kind in (HappeningKind.ROLLBACK, HappeningKind.SAFE_STATE) else None,
        severity="sev1" if kind is HappeningKind.ALARM else None,
        rows=rows if sliced else None,
        facts={"monitor": "approval-gap", "because": "evidence 1,204 of 1,000 needed"},
    )


class OutletContract(ABC):
    """One test a promise of the port. The kind under test is one that the tool is told of."""

    kind = HappeningKind.ALARM

    @abstractmethod
    def make_outlet(self) -> Outlet:
        """An outlet to a tool that was told nothing."""

    @abstractmethod
    def shown(self) -> int:
        """How many happenings the tool shows."""

    @abstractmethod
    def go_away(self) -> None:
        """From now on the tool does not answer."""

    def test_what_is_told_twice_shows_once(self) -> None:
        outlet, told = self.make_outlet(), a_happening(self.kind)
        outlet.tell(told)
        outlet.tell(told)
        assert self.shown() == 1

    def test_what_happened_elsewhere_shows_beside_it(self) -> None:
        outlet = self.make_outlet()
        outlet.tell(a_happening(self.kind))
        outlet.tell(a_happening(self.kind, number=2, group="men"))
        assert self.shown() == 2

    def test_looking_at_what_would_be_sent_sends_nothing(self) -> None:
        outlet = self.make_outlet()
        (preview, *_) = outlet.preview(a_happening(self.kind))
        assert preview.method == "POST"
        assert a_happening(self.kind).id in str(preview.body)
        assert self.shown() == 0

    def test_a_tool_that_is_away_is_out_of_reach_and_told_later(self) -> None:
        outlet = self.make_outlet()
        self.go_away()
        try:
            outlet.tell(replace(a_happening(self.kind), facts={}))
        except Unavailable:
            return
        raise AssertionError("it believed that the tool was told")
