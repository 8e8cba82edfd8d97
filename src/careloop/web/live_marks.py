"""What templates of live pages can say in one word: how long ago, how strong a day's evidence is, a name in words."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from careloop import wiring
from careloop.web.evidences import FleetEvidence
from careloop.workflows.run.fleet_evidence import MonitorEvidence
from careloop.workflows.run.fleet_overview import Silence, SystemRow

__all__ = [
    "age",
    "dashes",
    "drift_state",
    "evidence",
    "evidence_of",
    "percent",
    "register",
    "share",
    "sort_key",
    "strength",
]

register = template.Library()

_ODD = 20.0
"""An e-value that chance alone reaches on at most one day in twenty."""


@register.simple_tag
def age(row: SystemRow, *, lead: str = "Last event ") -> SafeString:
    """How long ago the newest event of a system came; red, with the word, when that is longer than it should be."""
    fresh = row.freshness
    if fresh.newest is None and fresh.silent is not Silence.YES:
        return format_html("<span>{}</span>", "No event yet")
    answers = row.serving.since if row.serving is not None else None
    since = fresh.newest or answers
    after_s = fresh.after_s if fresh.silent in (Silence.YES, Silence.NO) else None
    if after_s is not None and since is not None and answers is not None:
        after_s += max(0, round((answers - since).total_seconds()))  # what was just deployed has its time to begin
    told = format_html(
        '<span data-age="{}"{}>{}</span>',
        "" if since is None else f"{since.timestamp():.0f}",
        format_html(' data-after="{}"', after_s) if after_s is not None else "",
        "" if since is None else _ago(wiring.now() - since),
    )
    silent = "care-age care-silent" if fresh.silent is Silence.YES else "care-age"
    said = lead if fresh.newest is not None else "No event since it answers, "
    return format_html(
        '<span class="{}" data-aged="{}" title="{}">{}{}<b class="care-silence">silent</b></span>',
        silent,
        row.card.name,
        "" if since is None else f"{since:%Y-%m-%d %H:%M:%S} UTC",
        said,
        told,
    )


def _ago(past: timedelta) -> str:
    """As the page's script goes on to count it.

    >>> _ago(timedelta(seconds=12)), _ago(timedelta(hours=3))
    ('12 s ago', '3 h ago')
    """
    seconds = max(0, round(past.total_seconds()))
    for size, word, upto in ((1, "s", 120), (60, "min", 7200), (3600, "h", 172_800)):
        if seconds < upto:
            return f"{round(seconds / size)} {word} ago"
    return f"{round(seconds / 86_400)} d ago"


@register.simple_tag
def evidence(found: MonitorEvidence) -> SafeString:
    """What the newest day says of a monitor; red from an e-value of 20 on, and with a word."""
    colour = "care-red" if found.e_value >= _ODD else "text-secondary"
    word = "against it" if found.e_value >= _ODD else "of evidence"
    return format_html(
        '<span class="{}" title="{} closed windows of the day">×{} {}, {}</span>',
        colour,
        found.windows,
        strength(found.e_value),
        word,
        f"{found.since.day} {found.since:%b}",
    )


@register.simple_tag
def evidence_of(fleet: FleetEvidence, name: str) -> SafeString:
    """The worst monitor of a system, and whether it stands out among all of the fleet."""
    found = fleet.systems.get(name)
    worst = found.worst if found is not None else None
    if found is None or worst is None:
        return format_html(
            '<span class="text-secondary">{}</span>', "not weighed yet" if found is None else "no windows"
        )
    badge = '<span class="badge bg-red-lt care-red">stands out</span> ' if name in fleet.outstanding else ""
    return format_html(
        '{}{} <span class="text-secondary">· {}</span>', SafeString(badge), evidence(worst), dashes(worst.monitor)
    )


@register.filter
def strength(e_value: float) -> str:
    """An e-value with as many digits as mean anything.

    >>> strength(0.42), strength(23.4), strength(4.2e9)
    ('0.4', '23', '10⁹')
    """
    if e_value >= 1e6:
        return "10" + str(int(f"{e_value:e}".partition("e")[2])).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{e_value:,.0f}" if e_value >= 10 else f"{e_value:.1f}"


@register.filter
def sort_key(fleet: FleetEvidence, name: str) -> str:
    """A number by which tables sort the evidence of a system."""
    found = fleet.systems.get(name)
    worst = found.worst if found is not None else None
    return "" if worst is None else f"{worst.log_e:.3f}"


@register.filter
def percent(share: float) -> str:
    """A share in hundredths.

    >>> percent(0.05)
    '5 %'
    """
    return f"{100 * share:g} %"


@register.filter
def share(value: float) -> str:
    """A share in whole hundredths, never rounded to nothing or to all.

    >>> share(0.4), share(0.001), share(0.999), share(1.0)
    ('40 %', '< 1 %', '> 99 %', '100 %')
    """
    whole = round(100 * value)
    if whole == 0 and value > 0:
        return "< 1 %"
    return "> 99 %" if whole == 100 and value < 1 else f"{whole} %"


@register.filter
def drift_state(kind: str) -> str:
    """The colour of a departure of events from their declaration; the word stands beside it."""
    return {"refused": "red", "vanished": "red", "undeclared": "warn"}.get(kind, "grey")


@register.filter
def dashes(name: str) -> str:
    """An id as words; it may then break where it is long.

    >>> dashes("discount-gap-by-region")
    'discount gap by region'
    """
    return name.replace("-", " ")
