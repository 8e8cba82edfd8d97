"""An evaluation as a page that stands alone: the answer, the limits, what cannot be told, then each aspect in turn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Final

from careloop.domain.evaluated import Aspect, Examined, ModelEvaluation
from careloop.domain.measured import Outcome
from careloop.reports.evaluation_plots import PLOT_STYLE, Bar, bars, calibration_plot, intervals
from careloop.reports.evaluation_words import OUTCOME_WORDS, answer, interval_words, look_words, number, tier_words
from careloop.reports.page_frame import page

__all__ = ["evaluation_page"]

_CLASSES: Final = {Outcome.SHOWN_SAFE: "good", Outcome.SHOWN_HARMFUL: "bad", Outcome.CANNOT_TELL: "warn"}
_HEADINGS: Final = {
    Aspect.PERFORMANCE: "How often it is right",
    Aspect.FAIRNESS: "Whether groups fare alike",
    Aspect.CALIBRATION: "Whether its scores mean what they say",
    Aspect.DRIFT: "How these rows differ from the training data",
    Aspect.EXPLAINABILITY: "Whether it can be explained",
    Aspect.PRIVACY: "Whether it gives people away",
}
_GAP_TITLES: Final = {
    "impact_ratio": "Favourable answers",
    "equal_opportunity_difference": "Favourable answers among positive labels",
    "fpr_difference": "Favourable answers among negative labels",
    "predictive_parity_difference": "Positive labels among favourable answers",
}
_INDEX: Final = "Stability index by column; the axis goes to 0.1 at least, so that little looks little"
_NUMBERS: Final = frozenset({"Value", "Value and 90 % interval", "90 % interval", "n"})
_STYLE: Final = (
    PLOT_STYLE
    + """
td.num,th.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}details{margin:.5rem 0}
summary{cursor:pointer;color:var(--link)}.pill{white-space:nowrap}table.confusion{width:auto}
table.confusion thead th{white-space:normal}table.confusion td{text-align:right;min-width:4.5rem;
font-variant-numeric:tabular-nums}
.answer{border-left:4px solid var(--link);padding:.3rem .8rem;background:var(--shade)}
.answer.bad{border-color:var(--bad);color:var(--ink)}.answer.warn{border-color:var(--warn);color:var(--ink)}
.answer.good{border-color:var(--good);color:var(--ink)}
@media (max-width:40rem){.stack thead{display:none}.stack tr,.stack th,.stack td{display:block;width:100%;
text-align:left;white-space:normal;border:0;padding:.15rem .6rem}.stack tr{border-top:1px solid var(--line);
padding:.4rem 0}.stack td:empty{display:none}.stack td::before{content:attr(data-head) ": ";color:var(--soft)}}
nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1rem;padding:0;list-style:none}
@media print{nav{display:none}details:not([open])>*{display:block}}
"""
)


def evaluation_page(found: ModelEvaluation) -> str:
    """The whole evaluation as HTML."""
    title = f"Evaluation of {found.name}"
    return page(title, "\n".join(_body(found, title)), style=_STYLE)


def _body(found: ModelEvaluation, title: str) -> Iterator[str]:
    yield f"<h1>{escape(title)}</h1>"
    yield f'<p class="answer {_mood(found)}">{escape(answer(found))}</p>'
    yield from _about(found)
    yield from _limits(found)
    yield from _demands(found)
    yield from _untold(found)
    for aspect in Aspect:
        if figures := found.of(aspect):
            yield f'<h2 id="{aspect.value}">{_HEADINGS[aspect]}</h2>'
            yield from _PARTS[aspect](found)
            rows = (_figure_row(one) for one in figures)
            heads = ("Measure", "Value", "90 % interval", "n", "Outcome")
            table = _table(f"Figures on {aspect.value}", heads, rows)
            yield table if len(figures) <= 8 else _folded(f"All {len(figures)} figures on {aspect.value}", table)
    yield from _how(found)


def _mood(found: ModelEvaluation) -> str:
    outcomes = {one.outcome for one in found.examined}
    broken = any(one.applies and not one.held for one in found.demands)
    if Outcome.SHOWN_HARMFUL in outcomes:
        return "bad"
    return "warn" if Outcome.CANNOT_TELL in outcomes or broken or outcomes == {None} else "good"


def _about(found: ModelEvaluation) -> Iterator[str]:
    labelled = "no labels" if found.labelled is None else f"{found.labelled:,} of them labelled"
    lock = found.results.lock or "unlocked"
    release = f"release {lock[:19]}…" if lock.startswith("sha256:") else "no release: nobody gave its lock"
    yield (
        f'<p class="soft">Tier {tier_words(found)} · {found.rows:,} rows, {labelled} · measured '
        f"{found.measured_at:%Y-%m-%d %H:%M} UTC on {escape(release)}</p>"
    )
    links = "".join(
        f'<li><a href="#{aspect.value}">{aspect.value.capitalize()}</a></li>' for aspect in Aspect if found.of(aspect)
    )
    yield f'<nav aria-label="Parts"><ul>{links}<li><a href="#how">How it was measured</a></li></ul></nav>'


def _limits(found: ModelEvaluation) -> Iterator[str]:
    limited = [one for one in found.examined if one.outcome is not None]
    yield "<h2>Held against the limits</h2>"
    if not limited:
        yield (
            "<p>The system's document declares no limit under <code>evaluation:</code>, and none was stated at the "
            "call. Without limits the gate gets no figure.</p>"
        )
        return
    limited.sort(key=lambda one: list(_CLASSES).index(one.outcome or Outcome.CANNOT_TELL), reverse=True)
    limited.sort(key=lambda one: one.outcome is not Outcome.SHOWN_HARMFUL)
    rows = (
        (
            one.name,
            _num(number(one.result.value), interval_words(one)),
            one.limit or "",
            _Html(_pill(one)),
            "–" if one.result.n is None else f"{one.result.n:,}",
            f"{one.because or ''}"
            + (f". About {one.rows_needed:,} rows in all would tell, if rates stay so." if one.rows_needed else ""),
        )
        for one in limited
    )
    heads = ("Measure", "Value and 90 % interval", "Limit", "Outcome", "n", "Because")
    yield _table("Every figure that has a limit, the worst first", heads, rows)


def _demands(found: ModelEvaluation) -> Iterator[str]:
    applied = [one for one in found.demands if one.applies]
    if not applied:
        return
    yield f"<h2>What tier {tier_words(found)} demands of results</h2>"
    rows = (
        (
            one.sentence,
            _Html(f'<span class="pill {"good" if one.held else "bad"}">{"held" if one.held else "not held"}</span>'),
            f"`{one.rule}`",
            "" if one.held else one.remedy,
        )
        for one in applied
    )
    yield _table("Rules of the gate about results; the gate judges them again", ("Rule", "Here", "Id", "Mend"), rows)


def _untold(found: ModelEvaluation) -> Iterator[str]:
    doubt = [one for one in found.examined if one.outcome is Outcome.CANNOT_TELL]
    small = {
        (one.result.of or "all", group, part.reason or "")
        for one in found.of(Aspect.FAIRNESS)
        if one.result.measure in ("impact_ratio", "dp_difference")
        for group, part in one.result.groups.items()
        if not part.used
    }
    if not (doubt or small or found.not_evaluated):
        return
    yield "<h2>What cannot be told</h2>"
    if doubt:
        yield "<ul>"
        for one in doubt:
            more = (
                f"about {one.rows_needed:,} rows in all, instead of {one.result.n or 0:,}, would tell if rates stay so"
                if one.rows_needed
                else f"more rows of this kind would not tell: {one.because}"
            )
            yield f"<li><strong>{escape(one.name)}</strong>: {escape(more)}</li>"
        yield "</ul>"
    if found.not_evaluated:
        rows = ((one.what, one.why, one.remedy) for one in found.not_evaluated)
        yield _table("Not looked at", ("What", "Why", "What would allow it"), rows)
    if small:
        yield _table("Groups that are named and not compared", ("Split", "Group", "Why"), sorted(small))


def _performance(found: ModelEvaluation) -> Iterator[str]:
    shares = [one for one in found.of(Aspect.PERFORMANCE) if one.result.value is not None]
    yield '<div class="plots">' + intervals("Rates with their intervals", [_bar(one) for one in shares])
    counts = found.confusion
    if counts is not None:
        rows = (
            ("Positive label", counts.true_positives, counts.false_negatives),
            ("Negative label", counts.false_positives, counts.true_negatives),
        )
        whole = sum(row[1] + row[2] for row in rows) or 1
        cells = "".join(
            f'<tr><th scope="row">{name}</th>' + "".join(_shaded(count, whole) for count in found_) + "</tr>"
            for name, *found_ in rows
        )
        yield (
            '<figure><figcaption>Labels against answers</figcaption><table class="confusion"><thead><tr><td></td>'
            '<th scope="col">Favourable answer</th><th scope="col">Other answer</th></tr></thead>'
            f"<tbody>{cells}</tbody></table></figure>"
        )
    yield "</div>"


def _shaded(count: int, whole: int) -> str:
    share = 100 * count / whole
    shade = f"background:color-mix(in srgb,var(--link) {min(45, round(share * 0.6))}%,var(--paper))"
    return f'<td style="{shade}">{count:,}<br><span class="soft">{share:.1f} %</span></td>'


def _fairness(found: ModelEvaluation) -> Iterator[str]:
    for of, figures in groupby(found.of(Aspect.FAIRNESS), key=lambda one: one.result.of):
        plots = []
        for one in figures:
            title = _GAP_TITLES.get(one.result.measure)
            rows = [] if title is None else _group_bars(one)
            if title and rows:
                plots.append(intervals(f"{title}, by {of}", rows))
        yield f"<h3>By {escape(of or 'all')}</h3>"
        yield f'<div class="plots">{"".join(plots)}</div>' if plots else "<p>No group has rows.</p>"


def _group_bars(one: Examined) -> list[Bar]:
    return [
        Bar(
            label=name,
            value=part.value,
            low=None if ends is None else ends[0],
            high=None if ends is None else ends[1],
            told=f"{part.value:.3g}, n = {part.n or 0:,}" + ("" if part.used else ", aside"),
            aside=not part.used,
        )
        for name, part in one.result.groups.items()
        if part.value is not None
        for ends in (one.bounds.get(name),)
    ]


def _calibration(found: ModelEvaluation) -> Iterator[str]:
    whole = [point for point in found.curves if point.group is None]
    if not whole:
        return
    plots = [calibration_plot("All rows", whole)]
    for group, points in groupby((one for one in found.curves if one.group), key=lambda one: one.group):
        plots.append(calibration_plot(group or "", list(points)))
    yield "<p>A point on the dashed line: of rows with this score, as many had a positive label as the model said.</p>"
    yield f'<div class="plots">{"".join(plots)}</div>'
    rows = ((one.group or "all rows", f"{one.score:.3f}", f"{one.share:.3f}", f"{one.low:.3f} to {one.high:.3f}",
             f"{one.n:,}") for one in found.curves)  # fmt: skip
    heads = ("Rows", "Mean score", "Share positive", "90 % interval", "n")
    yield _folded("The points of the curves", _table("Points of the calibration curves", heads, rows))


def _drift(found: ModelEvaluation) -> Iterator[str]:
    index = [one for one in found.of(Aspect.DRIFT) if one.result.measure == "psi" and one.result.value is not None]
    index.sort(key=lambda one: -(one.result.value or 0))
    yield (
        "<p>Population stability index less the mean that it has without any change: about 0 is no change. Indexes of "
        "other bins cannot be compared with these; the bins stand below.</p>"
    )
    yield '<div class="plots">' + bars(_INDEX, [_bar(one, of=True) for one in index], reaches_to=0.1) + "</div>"
    notes = ((one.name, one.note or "") for one in found.of(Aspect.DRIFT))
    yield _folded("Bins and tests", _table("How each column was cut", ("Measure", "Bins"), notes))


def _explainability(found: ModelEvaluation) -> Iterator[str]:
    if not found.importance:
        return
    rows = [
        Bar(label=name, value=mean, low=low, high=high, told=number(mean)) for name, mean, low, high in found.importance
    ]
    title = "Importance of each input: mean, lowest and highest over resamples"
    sentence = look_words(found)
    yield f"<p>{escape(sentence[:1].upper() + sentence[1:])}.</p>"
    yield f'<div class="plots">{bars(title, rows[:20])}</div>'
    if len(rows) > 20:
        yield f"<p>The 20 most important of {len(rows)} inputs.</p>"
    if found.look is not None:
        yield (
            "<p>Stability: the mean rank correlation between draws of rows; (shuffles): between shuffles of the same "
            "rows; agreement: between draws of these rows and of the training rows. Near 1, the same inputs "
            "matter each time. Inputs that move together share their importance, and each may look unimportant.</p>"
        )
    cells = ((name, number(mean), f"{number(low)} to {number(high)}") for name, mean, low, high in found.importance)
    yield _folded("Importance in figures", _table("Importance by input", ("Input", "Mean", "Over resamples"), cells))


def _privacy(found: ModelEvaluation) -> Iterator[str]:
    yield (
        "<p>Membership advantage: how much oftener somebody who sees the loss of a row takes a trained row for a "
        "trained one than any other; 0 is no leak. Inversion advantage: how much oftener somebody who sees the score "
        "guesses the attribute than "
        "somebody who always names the largest group. Both are proxies: a stronger attacker may learn more.</p>"
    )
    if found.personal_data:
        rows = ((kind, f"{count:,}") for kind, count in found.personal_data.items())
        yield _table("Personal data found in texts, by form", ("Kind", "Texts"), rows)


def _how(found: ModelEvaluation) -> Iterator[str]:
    columns = found.columns
    yield '<h2 id="how">How it was measured</h2>'
    rows = [(role, name, digest) for role, name, digest in found.files]
    yield _table("Files, by digest", ("Role", "File", "Digest"), rows)
    meant = {
        "prediction": f"{columns.prediction}; favourable: {', '.join(columns.favourable)}",
        "label": f"{columns.label}; positive: {', '.join(columns.positive)}" if columns.label else "none",
        "score": columns.score or "none",
        "groups": ", ".join(f"{name} in {column}" for name, column in columns.groups.items()) or "none",
        "inputs": ", ".join(columns.features) or "none",
        "release lock": found.results.lock or "none",
        "settings": found.results.config_digest or "none",
    }
    yield "<dl>" + "".join(f"<dt>{name}</dt><dd>{escape(said)}</dd>" for name, said in meant.items()) + "</dl>"
    yield (
        '<p class="soft">Limits are tested for non-inferiority: a figure is shown safe only if its bound at 95 % '
        "one-sided lies within the limit, shown harmful only if it lies beyond, and otherwise cannot be told. Rates "
        "of groups: Wilson; differences: Newcombe; quotients: MOVER-R; ROC-AUC: DeLong. All pairs of groups are "
        "allowed for (Bonferroni). Groups with too few rows are pooled, named and counted. The gate makes each test "
        "again, from counts where there are counts.</p>"
    )


_PARTS: Final = {
    Aspect.PERFORMANCE: _performance,
    Aspect.FAIRNESS: _fairness,
    Aspect.CALIBRATION: _calibration,
    Aspect.DRIFT: _drift,
    Aspect.EXPLAINABILITY: _explainability,
    Aspect.PRIVACY: _privacy,
}


def _bar(one: Examined, *, of: bool = False) -> Bar:
    result = one.result
    low, high = result.interval or (None, None)
    label = (result.of or result.measure) if of else one.name
    return Bar(label=label, value=result.value or 0.0, low=low, high=high, told=number(result.value))


def _figure_row(one: Examined) -> tuple[object, ...]:
    value = number(one.result.value) if one.result.value is not None else f"none: {one.result.reason}"
    n = "–" if one.result.n is None else f"{one.result.n:,}"
    return one.name, value, interval_words(one), n, _Html(_pill(one))


def _pill(one: Examined) -> str:
    if one.outcome is None:
        return '<span class="soft">no limit</span>'
    return f'<span class="pill {_CLASSES[one.outcome]}">{OUTCOME_WORDS[one.outcome]}</span>'


class _Html(str):
    """What stands in a cell, as HTML already."""

    __slots__ = ()


def _num(value: str, below: str = "") -> _Html:
    more = f'<br><span class="soft">{escape(below)}</span>' if below else ""
    return _Html(f"{escape(value)}{more}")


def _words(text: object) -> str:
    """Plain text as HTML; what stands between backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(str(text)))


def _folded(summary: str, inner: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{inner}</details>"


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table whose rows become blocks on a narrow screen; the first cell of a row is its heading."""

    def kind(head: str) -> str:
        return ' class="num"' if head in _NUMBERS else ""

    head = "".join(f'<th scope="col"{kind(one)}>{escape(one)}</th>' for one in heads)
    body = "".join(
        f'<tr><th scope="row">{_words(first)}</th>'
        + "".join(
            f'<td{kind(name)} data-head="{escape(name)}">{cell if isinstance(cell, _Html) else _words(cell)}</td>'
            for name, cell in zip(heads[1:], rest, strict=True)
        )
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(caption)}"><table class="stack">'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
