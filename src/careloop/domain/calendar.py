"""`calendar.yaml`: known events, such as a sale or a holiday, in whose windows no detector bets (R47; MEASURES)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from careloop.domain.noun import Governed, Noun, Slug, Text, not_before

__all__ = ["LONGEST_DAYS", "MOST_DAYS_A_YEAR", "CalendarEvent", "EventCalendar", "KnownEvent", "known_events"]

LONGEST_DAYS: Final = 14
"""Days that one event may take; what lasts longer is no event but another season, which a reference has to know."""
MOST_DAYS_A_YEAR: Final = 36
"""Days that all events of a system may take within any 365: a tenth. A calendar that mutes for ever is no calendar."""
_YEAR: Final = 365


class KnownEvent(NamedTuple):
    """An event as detectors see it: `since` ≤ t < `until`, in seconds since 1970."""

    since: int
    until: int
    id: str
    why: str


def _a_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"there is no time zone {name!r}; write one like Europe/Dublin, or UTC") from error
    return name


def _no_season(last: date, info: ValidationInfo) -> date:
    first = info.data.get("first")
    days = 0 if first is None else (last - first).days + 1
    if days > LONGEST_DAYS:
        raise ValueError(
            f"{days} days are more than the {LONGEST_DAYS} that an event may take; for a season, have the monitor "
            "compare with the same hour of the week"
        )
    return last


class CalendarEvent(Noun):
    """Days on which traffic is known to be unlike any other."""

    id: Slug
    """Names this very occurrence: `black-friday-2026`."""
    zone: Annotated[Text, AfterValidator(_a_zone)]
    """In which the days begin and end, as IANA names it: `Europe/Dublin`."""
    first: date
    last: Annotated[date, not_before("first"), AfterValidator(_no_season)]
    """The last day, part of it."""
    why: Text
    """What is known about these days."""
    who: Slug
    """Post that knows it."""
    systems: tuple[Slug, ...] = ()
    """Systems whose traffic it changes; none named: of the whole organisation."""

    def concerns(self, system: str) -> bool:
        """Whether it changes the traffic of that system."""
        return not self.systems or system in self.systems

    @property
    def seen(self) -> KnownEvent:
        """The event in seconds since 1970."""
        zone = ZoneInfo(self.zone)
        begin = datetime.combine(self.first, time.min, zone)
        end = datetime.combine(self.last + timedelta(days=1), time.min, zone)
        return KnownEvent(int(begin.timestamp()), int(end.timestamp()), self.id, self.why)


class EventCalendar(Governed):
    """All known events of an organisation; each new one waits for an approval, since it makes monitors speak less."""

    events: tuple[CalendarEvent, ...] = Field(default=())

    @field_validator("events")
    @classmethod
    def _mute_not_for_ever(cls, events: tuple[CalendarEvent, ...]) -> tuple[CalendarEvent, ...]:
        names = [each.id for each in events]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"the event {twice} stands here twice; give each occurrence an id of its own")
        for system in dict.fromkeys([*(name for each in events for name in each.systems), ""]):
            ours = [each for each in events if each.concerns(system)]
            worst, days = _fullest_year(ours)
            if days > MOST_DAYS_A_YEAR:
                whose = f"of {system}" if system else "of the organisation"
                raise ValueError(
                    f"the events {whose} take {days} of the {_YEAR} days up to {worst}; "
                    f"at most {MOST_DAYS_A_YEAR} may be left out of what monitors judge"
                )
        return events


def _fullest_year(events: Sequence[CalendarEvent]) -> tuple[date | None, int]:
    """The end of an event up to which a year holds most days of events, and how many it holds."""
    taken = {each.first + timedelta(days=i) for each in events for i in range((each.last - each.first).days + 1)}
    years = {each.last: sum(each.last - timedelta(days=_YEAR) < day <= each.last for day in taken) for each in events}
    return max(years.items(), key=lambda one: one[1], default=(None, 0))


def known_events(calendars: Iterable[EventCalendar], system: str) -> tuple[KnownEvent, ...]:
    """The events that change a system's traffic, earliest first."""
    return tuple(sorted(each.seen for calendar in calendars for each in calendar.events if each.concerns(system)))
