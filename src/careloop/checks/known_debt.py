"""What a baseline takes in, keeps and lets go, given the findings that stand (SEMANTICS 7, R80). Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from careloop.domain.evolve import Baseline, BaselineItem
from careloop.domain.finding import Finding

__all__ = ["KnownDebt", "take_stock"]


@dataclass(frozen=True, slots=True)
class KnownDebt:
    """The baseline as it should stand now."""

    baseline: Baseline
    added: tuple[BaselineItem, ...]
    paid: tuple[BaselineItem, ...]
    """Items whose finding is gone."""
    left: tuple[Finding, ...]
    """Findings that block and are not taken in, for a baseline may only shrink."""


def take_stock(
    before: Baseline | None,
    findings: Sequence[Finding],
    *,
    owner_of: Callable[[Finding], str],
    burn_down: date | None,
    today: date,
) -> KnownDebt:
    """The first time, take in every finding that blocks; later, let go of what is paid and bring dates forward.

    `burn_down` is needed the first time. A later call with an earlier day brings items forward to it; none is put off.
    """
    open_ones = {finding.id: finding for finding in findings}
    if before is None:
        assert burn_down is not None, "a first baseline needs a day"
        added = tuple(
            _item(finding, owner_of(finding), burn_down) for finding in open_ones.values() if finding.blocking
        )
        return KnownDebt(Baseline(recorded=today, items=added), added, (), ())
    kept = tuple(_brought_forward(item, burn_down) for item in before.items if item.finding in open_ones)
    paid = tuple(item for item in before.items if item.finding not in open_ones)
    left = tuple(finding for finding in findings if finding.blocking)
    return KnownDebt(Baseline(recorded=before.recorded, items=kept), (), paid, left)


def _item(finding: Finding, owner: str, burn_down: date) -> BaselineItem:
    return BaselineItem(
        finding=finding.id, rule=finding.rule, file=finding.place.file, owner=owner, burn_down=burn_down
    )


def _brought_forward(item: BaselineItem, burn_down: date | None) -> BaselineItem:
    if burn_down is None or burn_down >= item.burn_down:
        return item
    return item.model_copy(update={"burn_down": burn_down})
