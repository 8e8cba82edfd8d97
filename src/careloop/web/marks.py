"""What templates can say in one word: an asset, an icon, a moment, a badge, a digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from django import template
from django.forms import BoundField
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from careloop.domain.card import Card
from careloop.domain.metric import Relation
from careloop.domain.repository import Document
from careloop.domain.status import RequirementRow
from careloop.web.answers import serving_words
from careloop.web.markup import safe_html
from careloop.workflows.run.fleet_overview import Silence, SystemRow

__all__ = [
    "asset",
    "at",
    "badge",
    "card_path",
    "held_of",
    "held_share",
    "icon",
    "inline",
    "is_silent",
    "moment",
    "number",
    "outcome_state",
    "prose",
    "register",
    "serving",
    "share_bar",
    "short",
    "styled",
    "subject_words",
    "target_words",
    "words",
]

register = template.Library()

_STATIC: Final = Path(__file__).parent / "static"
_COLOURS: Final = {
    **dict.fromkeys(("complete", "held", "allow", "green", "done", "good", "better", "on_time", "allowed"), "green"),
    **dict.fromkeys(("partial", "wait", "amber", "waiting", "warn", "planned", "should", "late"), "yellow"),
    **dict.fromkeys(
        (
            "missing",
            "not_held",
            "block",
            "red",
            "failed",
            "bad",
            "must",
            "worse",
            "silent",
            "safe state",
            "overdue",
            "nobody",
            "never_run",
            "rejected",
            "violated",
        ),
        "red",
    ),
    **dict.fromkeys(("excluded", "unknown", "grey", "level", "expired", "used", "void"), "secondary"),
}
"""Colour of a state; the word stands beside it always, so that nobody needs the colour."""


@cache
def _version(name: str) -> str:
    return sha256((_STATIC / name).read_bytes()).hexdigest()[:10]


@register.simple_tag
def asset(name: str) -> str:
    """Address of a file that never changes under that address."""
    return f"/static/{name}?v={_version(name)}"


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing that says nothing to a screen reader; a word stands beside it."""
    sprite = asset("vendor/tabler-icons/sprite.svg")
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>', sprite, name
    )


@register.simple_tag
def badge(state: Any, word: Any = None) -> SafeString:
    """A state as a word on its colour."""
    name = str(getattr(state, "value", state))
    colour = _COLOURS.get(name, "blue")
    shown = name.replace("_", " ") if word is None else word
    return format_html('<span class="badge bg-{0}-lt care-{0}">{1}</span>', colour, shown)


@register.filter
def moment(at: datetime | date | None) -> SafeString | str:
    """An instant as people write it, in UTC, for machines to read too."""
    if at is None:
        return "never"
    if not isinstance(at, datetime):
        return format_html('<time datetime="{0}">{0}</time>', at.isoformat())
    machine = at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return format_html('<time datetime="{}">{}</time>', machine, f"{at:%Y-%m-%d %H:%M} UTC")


@register.filter
def inline(text: str) -> SafeString:
    """A sentence in which what stands between backticks is a command or a name.

    >>> inline("run `care gate` <now>")
    'run <code>care gate</code> &lt;now&gt;'
    """
    parts = (text or "").split("`")
    if len(parts) % 2 == 0:
        return format_html("{}", text)
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", one) if at % 2 else one,) for at, one in enumerate(parts))
    )


@register.filter
def short(digest: str | None) -> str:
    """The first digits of a digest."""
    return (digest or "").removeprefix("sha256:")[:12]


@register.filter
def prose(text: str) -> SafeString:
    """Markdown as HTML that holds nothing active."""
    return safe_html(text)


@register.filter
def words(state: Any) -> str:
    """A state without underscores."""
    return str(getattr(state, "value", state)).replace("_", " ")


@register.filter
def number(value: float | int | None) -> str:
    """A number with as many digits as people read.

    >>> number(71760), number(0.02787), number(None)
    ('71,760', '0.0279', '-')
    """
    if value is None:
        return "-"
    if isinstance(value, int) or (float(value).is_integer() and abs(value) >= 1):
        return f"{int(value):,}"
    return f"{value:.3g}"


@register.filter
def held_of(row: RequirementRow) -> str:
    """Claims that hold, of all."""
    return f"{sum(one.held for one in row.claims)} of {len(row.claims)}"


@register.filter
def held_share(row: RequirementRow) -> str:
    """The same as a share, to sort by."""
    return f"{sum(one.held for one in row.claims) / max(1, len(row.claims)):.4f}"


@register.filter
def subject_words(name: str) -> str:
    """The name of a subject with its digest shortened."""
    before, found, digest = name.partition("sha256:")
    return f"{before}{digest[:12]}" if found else name


@register.filter
def target_words(relation: Relation) -> str:
    """How a value is held against its target, in words."""
    return {Relation.AT_LEAST: "at least", Relation.AT_MOST: "at most", Relation.FALLING: "no more than last time"}[
        relation
    ]


@register.filter
def styled(field: BoundField) -> SafeString:
    """A form field in the look of the pages, tied to its hint for screen readers."""
    kind = "form-check-input" if getattr(field.field.widget, "input_type", "") == "checkbox" else "form-control"
    return field.as_widget(attrs={"class": kind})


@register.filter
def at(counts: Mapping[Any, Any], name: str) -> Any:
    """What stands under a key, by the key's own value where it is a state."""
    return next((value for key, value in counts.items() if str(getattr(key, "value", key)) == name), 0)


@register.simple_tag
def share_bar(counts: Mapping[Any, int], total: int) -> SafeString:
    """Counts of states as one bar, drawn without a style attribute; the numbers stand beside it in words."""
    parts, x = [], 0.0
    for state, count in counts.items():
        wide = 100 * count / max(1, total)
        if wide:
            colour = _COLOURS.get(str(getattr(state, "value", state)), "blue")
            parts.append(
                format_html(
                    '<rect class="care-fill-{}" x="{}" y="0" width="{}" height="6"></rect>',
                    colour,
                    f"{x:.2f}",
                    f"{wide:.2f}",
                )
            )
        x += wide
    return format_html(
        '<svg class="care-share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">{}</svg>',
        format_html_join("", "{}", ((one,) for one in parts)),
    )


@register.filter
def serving(row: SystemRow) -> str:
    """What answers now."""
    return serving_words(row)


@register.filter
def is_silent(row: SystemRow) -> bool:
    """Whether events are overdue."""
    return row.freshness.silent is Silence.YES


@register.filter
def card_path(documents: Sequence[Document]) -> str:
    """The path of the model card among a system's documents."""
    return next((one.path for one in documents if isinstance(one.noun, Card)), "")


@register.filter
def outcome_state(outcome: Any) -> str:
    """The colour of a test's outcome."""
    word = str(getattr(outcome, "value", outcome))
    return {"shown_safe": "good", "shown_harmful": "bad"}.get(word, "warn")
