"""Figures that a card states, held against the test run that the gate is given (R29; A.6.2.4, A.8.2).

A figure that the run does not measure cannot be confirmed, and blocks where the card means it to be checked. Figures
that a published card brought along are held against the run only where it measures the same.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from careloop.domain.card import Card, CardClaim
from careloop.domain.decision import Reason, ReasonKind, Verdict
from careloop.domain.release import MeasuredResult, ResultsFile

__all__ = ["claim_reasons", "written_tolerance"]

_CONTROLS = ("iso42001:2023/A.6.2.4", "iso42001:2023/A.8.2", "care/C8")


def claim_reasons(card: Card | None, path: str, files: Sequence[ResultsFile]) -> Iterator[Reason]:
    """What the card in the file at `path` states and the results do not show."""
    measured = {result.measure: result for file in files for result in file.results}
    for claim in card.claims if card is not None else ():
        said = f"{path}:{claim.line}: the card says that {claim.measure} is {claim.value:g}"
        result = measured.get(claim.measure)
        if result is None or result.value is None:
            effect = Verdict.BLOCK if claim.declared else Verdict.ALLOW
            lacking = "does not measure it" if result is None else "gave no value"
            yield _reason(claim, effect, f"{said}, and the last test run {lacking}", (f"measured: {_named(measured)}",))
        elif not _agrees(claim, result):
            tolerance = claim.tolerance if claim.tolerance is not None else written_tolerance(claim.value)
            found = f"{result.value:g} (n = {result.n:,})"
            message = f"{said}, and the last test run measured {found}, further away than {tolerance:g}"
            yield _reason(claim, Verdict.BLOCK, message)


def written_tolerance(value: float) -> float:
    """Half of the last digit that is written: what rounding alone may change.

    >>> written_tolerance(0.91), written_tolerance(42.0)
    (0.005, 0.5)
    """
    shown = Decimal(repr(value)).normalize()
    exponent = min(int(shown.as_tuple().exponent), 0)
    return 0.5 * 10.0**exponent


def _agrees(claim: CardClaim, result: MeasuredResult) -> bool:
    assert result.value is not None, "a result without a value is told apart before"
    tolerance = claim.tolerance if claim.tolerance is not None else written_tolerance(claim.value)
    return math.isfinite(result.value) and abs(result.value - claim.value) <= tolerance * (1 + 1e-9)


def _named(measures: Iterable[str]) -> str:
    return ", ".join(sorted(measures)) or "nothing"


def _reason(claim: CardClaim, effect: Verdict, message: str, because: tuple[str, ...] = ()) -> Reason:
    return Reason(
        kind=ReasonKind.RESULT,
        effect=effect,
        message=message,
        measure=claim.measure,
        because=because,
        remedy="correct the figure, or name the measure under `care: results` and let it be rendered from the results",
        controls=_CONTROLS,
    )
