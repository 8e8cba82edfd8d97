"""Lists from elsewhere in which AI shows: a registry's models, gateway and sign-in logs, purchases; as CSV (R76)."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence

from careloop.domain.ai_signs import AiSigns
from careloop.domain.sighting import Sighting, SightingSource
from careloop.errors import InvalidInput

__all__ = ["sighted_rows"]

_COLUMNS: Mapping[SightingSource, tuple[str, ...]] = {
    SightingSource.REGISTRY: ("name", "model", "model_name", "system", "id"),
    SightingSource.GATEWAY: ("application", "app", "service", "team", "key_alias", "user_agent", "model", "host"),
    SightingSource.SSO: ("application", "app", "app_name", "resource", "service", "client"),
    SightingSource.PROCUREMENT: ("product", "item", "title", "description", "service", "name"),
}
"""Columns that may hold what a thing is called, the better ones first."""

_BESIDE: Mapping[SightingSource, tuple[str, ...]] = {
    SightingSource.GATEWAY: ("model", "model_id", "deployment"),
    SightingSource.PROCUREMENT: ("supplier", "vendor", "seller", "company"),
    SightingSource.SSO: ("department", "group"),
}
"""Columns that say more about it."""


def sighted_rows(source: SightingSource, raw: bytes, file: str, signs: AiSigns) -> Iterator[Sighting]:
    """One sighting for each different thing in a list. Raises InvalidInput for a list whose columns say nothing.

    Every row of a registry or a gateway is AI; sign-ins and purchases count when their words say so.
    """
    reader = csv.reader(io.StringIO(raw.decode("utf-8-sig", errors="replace"), newline=""))
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InvalidInput(f"{file}:{reader.line_num}: {error}") from error
    if not rows:
        raise InvalidInput(f"{file} is empty", hint=_hint(source))
    head = [re.sub(r"[^a-z0-9]+", "_", cell.strip().lower()).strip("_") for cell in rows[0][1]]
    name_at = _column(head, _COLUMNS[source])
    if name_at is None:
        raise InvalidInput(f"{file}:1: no column says what was used", hint=_hint(source))
    more_at = _column(head, _BESIDE.get(source, ()))
    found: dict[str, tuple[int, int, set[str]]] = {}
    for line, row in rows[1:]:
        name, more = _cell(row, name_at), _cell(row, more_at)
        if name and _is_ai(source, f"{name} {more}", signs):
            first, times, said = found.get(name, (line, 0, set()))
            found[name] = (first, times + 1, said | ({more} if more and more != name else set()))
    for name, (line, times, said) in found.items():
        yield Sighting(source=source, name=name, file=file, line=line, times=times, detail=", ".join(sorted(said)[:5]))


def _hint(source: SightingSource) -> str:
    return f"the first line names the columns, one of them {', '.join(_COLUMNS[source])}"


def _column(head: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((head.index(name) for name in wanted if name in head), None)


def _cell(row: Sequence[str], at: int | None) -> str:
    return " ".join(row[at].split())[:200] if at is not None and at < len(row) else ""


def _is_ai(source: SightingSource, text: str, signs: AiSigns) -> bool:
    if source in (SightingSource.REGISTRY, SightingSource.GATEWAY):
        return True
    words = signs.applications if source is SightingSource.SSO else (*signs.applications, *signs.words)
    plain = f" {re.sub(r'[^a-z0-9]+', ' ', text.lower())} "
    return any(f" {word} " in plain for word in words)
