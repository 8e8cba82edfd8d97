"""Departures of events from what their system declares, as findings of the programme. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from careloop.domain.schema_drift import DriftKind, SchemaDrift
from careloop.domain.status import ProgrammeFinding

__all__ = ["SCHEMA_AS_DECLARED", "drift_sentence", "schema_findings"]

SCHEMA_AS_DECLARED: Final = "schema-as-declared"
"""The rule whose findings these are."""


def schema_findings(drifts: Iterable[SchemaDrift], owners: Mapping[str, str | None]) -> Iterator[ProgrammeFinding]:
    """One finding for each drift, to the owner of the system; a change of the declaration itself is none."""
    for drift in drifts:
        if drift.kind is not DriftKind.CHANGED and drift.system in owners:
            yield ProgrammeFinding(
                rule=SCHEMA_AS_DECLARED,
                owner=owners[drift.system],
                due=None,
                acting=None,
                message=f"{drift.system}: {drift_sentence(drift)}",
                file=f"systems/{drift.system}/system.yaml",
            )


def drift_sentence(drift: SchemaDrift) -> str:
    """A drift in words, with its share and since when."""
    share = f"{drift.rows:,} of {drift.of:,} rows ({drift.share:.0%}) in the last day, since {_hour(drift)}"
    match drift.kind:
        case DriftKind.REFUSED:
            return f"refused for '{drift.what}': {share}"
        case DriftKind.UNDECLARED:
            return f"{drift.what} is not declared and was left out: {share}"
        case DriftKind.VANISHED:
            return f"{drift.what} is declared, came before, and is in none of {drift.of:,} answers since {_hour(drift)}"
        case DriftKind.CHANGED:
            return f"what is declared changed in the hour from {_hour(drift)}; windows across it count rows of both"


def _hour(drift: SchemaDrift) -> str:
    return f"{drift.since:%Y-%m-%d %H:%M}Z"
