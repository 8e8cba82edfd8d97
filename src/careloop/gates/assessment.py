"""An impact assessment that something has overtaken holds back releases of tier high and above (R11)."""

from collections.abc import Iterator

from careloop.domain.decision import Reason, ReasonKind, Verdict
from careloop.domain.tier import Tier

__all__ = ["assessment_reasons"]


def assessment_reasons(outdated: tuple[str, tuple[str, ...]] | None, tier: Tier) -> Iterator[Reason]:
    """`outdated` is the file of the newest assessment and why it does not count any more; null when it does."""
    if outdated is None:
        return
    path, reasons = outdated
    yield Reason(
        kind=ReasonKind.DOCUMENT,
        effect=Verdict.BLOCK if tier.rank >= Tier.HIGH.rank else Verdict.ALLOW,
        rule="assessment-in-date",
        message=f"{path}: the impact assessment does not count any more: {reasons[0]}",
        because=reasons[1:],
        remedy="assess the system again and add systems/<id>/impact/<date>.yaml",
        controls=("iso42001:2023/8.4", "iso42001:2023/A.5.2"),
    )
