"""What was taken from another tool's report, as lines for people."""

from collections.abc import Iterator

from careloop.domain.release import MeasuredResult, ResultsFile

__all__ = ["results_lines"]

_MOST = 12


def results_lines(file: ResultsFile) -> Iterator[tuple[str, str]]:
    """Each measure with what is known of it, what the importer added, and the figures that stand for nothing here."""
    source = file.source
    tool = f"{source.tool.value} {source.version or '(version not said)'}" if source else "careloop"
    yield "heading", f"{file.system}: {len(file.results)} measures from {tool}"
    for one in file.results:
        yield "", f"  {one.measure}  {_known(one)}" + (f"  ({one.reported_as})" if one.reported_as else "")
    stated = source.stated_at_import if source else ()
    for name, value in _about(file):
        if value is None:
            yield "warn", f"  {name}: not said; the gate will say that it cannot tell"
        else:
            yield "", f"  {name}: {value}" + (" (stated at import)" if name in stated else "")
    if source and source.unmapped:
        more = f" and {len(source.unmapped) - _MOST} more" if len(source.unmapped) > _MOST else ""
        yield "detail", f"  stand for no measure here: {', '.join(source.unmapped[:_MOST])}{more}"
        yield "detail", "  to use one, name it under `evaluation: … reports:` in system.yaml"


def _about(file: ResultsFile) -> Iterator[tuple[str, str | None]]:
    yield "lock", file.lock
    yield "data_digest", file.data_digest
    yield "config_digest", file.config_digest
    yield "measured_at", file.measured_at.isoformat() if file.measured_at else None


def _known(one: MeasuredResult) -> str:
    value = "no value" if one.value is None else f"{one.value:.4g}"
    rows = "n unknown" if one.n is None else f"n = {one.n:,}"
    counted = f", {one.hits:,} counted" if one.hits is not None else ""
    grouped = f", {len(one.groups)} groups" if one.groups else ""
    odd = "".join(f", {count} {word}" for count, word in ((one.errored, "errored"), (one.skipped, "skipped")) if count)
    return f"{value}, {rows}{counted}{grouped}{odd}"
