"""garak: the `*.report.jsonl` of a scan, versions 0.9 to 0.17.

Each `eval` row says how many answers withstood one probe, by one detector. Figures are shares that withstood:
`probe/detector`, all probes of a family (`promptinject`), and `all`; these take each probe by its strictest detector,
so that no answer counts twice. What could not be judged counts as skipped. A scan that did not complete is refused.
Source: garak docs, "Reporting".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from careloop.documents.tool_reports.node import Node, read_json
from careloop.domain.tool_report import Figure, Tool, ToolReport
from careloop.errors import InvalidInput

__all__ = ["is_garak", "read_garak"]


@dataclass(frozen=True, slots=True)
class _Eval:
    name: str
    passed: int
    n: int
    skipped: int


def is_garak(raw: bytes) -> bool:
    """Whether the first row is one of garak's."""
    return raw.lstrip()[:300].replace(b" ", b"").startswith(b'{"entry_type":')


def read_garak(raw: bytes, name: str) -> ToolReport:
    """The shares of answers that withstood, by probe and detector, by family, and in all."""
    rows = list(_rows(raw, name))
    by_kind = {kind: [row for row in rows if row["entry_type"].words() == kind] for kind in ("init", "eval")}
    if not by_kind["init"] or rows[-1]["entry_type"].words() not in ("completion", "digest"):
        raise InvalidInput(
            f"{name}:{len(rows)}: the scan did not complete: the report does not end with `completion`",
            hint="run the scan to its end",
        )
    init, evals = by_kind["init"][0], [_eval(row) for row in by_kind["eval"]]
    if not evals:
        raise InvalidInput(f"{name}:{len(rows)}: no probe was evaluated")
    probes = _by_probe(evals)
    families = sorted({one.name.partition(".")[0] for one in probes})
    pooled = [_pooled(family, [one for one in probes if one.name.partition(".")[0] == family]) for family in families]
    figures = (*map(_figure, evals), *map(_figure, pooled), _figure(_pooled("all", probes)))
    started = init.get("start_time")
    return ToolReport(
        tool=Tool.GARAK,
        version=init["garak_version"].words(),
        figures=figures,
        measured_at=_local(started) if started else None,
    )


def _rows(raw: bytes, name: str) -> Iterator[Node]:
    for place, line in enumerate(raw.split(b"\n"), start=1):
        if line.strip():
            yield read_json(line, name, first_line=place)


def _eval(row: Node) -> _Eval:
    passed = row["passed"].count()
    # `total_evaluated` since 0.13.2; before, `total` counted the answers that a detector had judged.
    n = row["total_evaluated" if row.get("total_evaluated") else "total"].count()
    if passed > n:
        row["passed"].refuse(f"{passed} of {n} is no count")
    fails = row.get("fails")
    if fails is not None and passed + fails.count() != n:
        row["fails"].refuse(f"{passed} passed and {fails.count()} failed are not the {n} that were evaluated")
    nones = row.get("nones")
    detector = row["detector"].words().removeprefix("detector.")
    return _Eval(f"{row['probe'].words()}/{detector}", passed, n, nones.count() if nones else 0)


def _by_probe(evals: Sequence[_Eval]) -> list[_Eval]:
    """Each probe once, as the detector saw it that let the smallest share pass."""
    strictest: dict[str, _Eval] = {}
    for one in evals:
        probe = one.name.partition("/")[0]
        before = strictest.setdefault(probe, one)
        if one.passed * max(1, before.n) < before.passed * max(1, one.n):
            strictest[probe] = one
    return list(strictest.values())


def _pooled(name: str, evals: Sequence[_Eval]) -> _Eval:
    return _Eval(name, sum(e.passed for e in evals), sum(e.n for e in evals), sum(e.skipped for e in evals))


def _figure(one: _Eval) -> Figure:
    value = one.passed / one.n if one.n else None
    return Figure(name=one.name, value=value, n=one.n, hits=one.passed, skipped=one.skipped)


def _local(started: Node) -> datetime | None:
    """When it started; null where the row does not say its time zone, as garak's rows do not unless it is UTC."""
    try:
        found = datetime.fromisoformat(started.words())
    except ValueError:
        started.refuse("an instant is needed here")
    return found.astimezone(UTC) if found.tzinfo else None
