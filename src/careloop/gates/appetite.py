"""Risks of a system above the appetite: they hold back releases of tier high and above (SEMANTICS 4; R5, R77).

What is left of a risk is computed elsewhere, from the controls that are evidenced now. Here it only meets a release: a
risk that nobody with the right to do so has accepted, or whose acceptance is suspended, makes the release wait.
"""

from collections.abc import Iterable, Iterator

from careloop.domain.decision import Reason, ReasonKind, Verdict
from careloop.domain.release import Release
from careloop.domain.residual import AcceptanceState, LiveRisk
from careloop.domain.tier import Tier

__all__ = ["appetite_reasons"]

_REMEDIES = {
    AcceptanceState.SUSPENDED: "bring the evidence back, or have the rest accepted: care approve --treatment {risk}",
    AcceptanceState.OPEN: (
        "bring the evidence, treat the risk further, or have what is left accepted: care approve --treatment {risk}"
    ),
}


def appetite_reasons(risks: Iterable[LiveRisk], tier: Tier, *, release: Release) -> Iterator[Reason]:
    """Each risk above the appetite; waits from tier high on while nobody bears it, and is worth knowing otherwise."""
    for live in risks:
        if not live.above:
            continue
        state = live.acceptance.state
        holds = tier.rank >= Tier.HIGH.rank and state.holds_releases
        appetite = live.appetite.model_dump()
        scores = ", ".join(f"{who} {score} above {appetite[who]}" for who, score in live.above.items())
        yield Reason(
            kind=ReasonKind.RISK,
            effect=Verdict.WAIT if holds else Verdict.ALLOW,
            message=f"the risk {live.risk.id} is above the appetite ({scores}): {live.acceptance.because}",
            because=tuple(f"{link} -> release {release.lock[:19]}" for link in live.chain),
            remedy=_REMEDIES.get(state, "").format(risk=live.risk.id),
            controls=tuple(dict.fromkeys(("iso42001:2023/6.1.3", *(one.credit.control for one in live.missing)))),
        )
