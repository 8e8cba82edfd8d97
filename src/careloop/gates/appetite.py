"""Risks of a system above the appetite: they hold back releases of tier high and above (SEMANTICS 4; R5, R77).

Residual scores count the credits that the treatment declares. An acceptance by a post that may accept risks of that
level lets the release go on, and says so.
"""

from collections.abc import Iterable, Iterator

from careloop.domain.decision import Reason, ReasonKind, Verdict
from careloop.domain.risk import Risk, RiskCriteria, RiskKind
from careloop.domain.tier import Tier

__all__ = ["appetite_reasons", "residual_scores"]


def residual_scores(risk: Risk) -> dict[str, int]:
    """Likelihood times impact after the declared credits, for each who would bear it; never averaged."""
    if risk.consequences is None:
        return {}
    credits_ = risk.treatment.credits if risk.treatment else ()
    likelihood = max(1, risk.likelihood - sum(one.likelihood for one in credits_))
    borne = risk.consequences
    inherent = {
        "organisation": borne.organisation.impact,
        "individuals": borne.individuals.impact,
        "society": borne.society.impact,
    }
    credited = {who: sum(getattr(one, who) for one in credits_) for who in inherent}
    return {who: likelihood * max(1, impact - credited[who]) for who, impact in inherent.items()}


def appetite_reasons(risks: Iterable[Risk], criteria: RiskCriteria | None, tier: Tier) -> Iterator[Reason]:
    """Each risk above the appetite that nobody with the right to do so has accepted; waits from tier high on."""
    if criteria is None:
        return
    for risk in risks:
        appetite = criteria.appetite.model_dump()
        above = {who: score for who, score in residual_scores(risk).items() if score > appetite[who]}
        if risk.kind is not RiskKind.RISK or not above:
            continue
        accepted = _accepted(risk, criteria, max(above.values()))
        holds = tier.rank >= Tier.HIGH.rank and not accepted
        scores = ", ".join(f"{who} {score} above {appetite[who]}" for who, score in above.items())
        yield Reason(
            kind=ReasonKind.RISK,
            effect=Verdict.WAIT if holds else Verdict.ALLOW,
            message=f"the risk {risk.id} is above the appetite ({scores})" + (", and accepted" if accepted else ""),
            remedy="treat the risk further, or have the post designated for its level accept it",
            controls=("iso42001:2023/6.1.3",),
        )


def _accepted(risk: Risk, criteria: RiskCriteria, score: int) -> bool:
    """Whether a post that may accept a risk of this score has accepted it."""
    if risk.treatment is None or risk.treatment.accepted is None:
        return False
    levels = sorted(criteria.levels, key=lambda level: level.from_score)
    reached = max((place for place, level in enumerate(levels) if level.from_score <= score), default=0)
    return risk.treatment.accepted.by in {level.accepted_by for level in levels[reached:]}
