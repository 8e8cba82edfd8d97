"""Scores of a risk, its level, and who is designated to accept it (6.1.2, 6.1.3; SEMANTICS 4, 5). Plain arithmetic."""

from collections.abc import Iterable

from careloop.domain.residual import Scores
from careloop.domain.risk import Credit, Risk, RiskCriteria, RiskLevel
from careloop.domain.roles import Roles

__all__ = ["designated_posts", "level_of", "scores_of"]


def scores_of(risk: Risk, counted: Iterable[Credit] = ()) -> Scores | None:
    """What is left of a risk when these credits count; null for an opportunity, which harms nobody.

    Likelihood and each impact go down by the steps credited, to 1 at the lowest: no control makes a risk vanish.
    """
    borne = risk.consequences
    if borne is None:
        return None
    credited = tuple(counted)
    likelihood = max(1, risk.likelihood - sum(one.likelihood for one in credited))
    return Scores(
        organisation=likelihood * max(1, borne.organisation.impact - sum(one.organisation for one in credited)),
        individuals=likelihood * max(1, borne.individuals.impact - sum(one.individuals for one in credited)),
        society=likelihood * max(1, borne.society.impact - sum(one.society for one in credited)),
    )


def level_of(scores: Scores, criteria: RiskCriteria) -> RiskLevel:
    """The highest level that the combined score reaches; the lowest level for a score below all of them."""
    levels = sorted(criteria.levels, key=lambda level: level.from_score)
    combined = scores.combined(criteria.combine)
    return max((one for one in levels if one.from_score <= combined), key=lambda one: one.from_score, default=levels[0])


def designated_posts(level: RiskLevel, criteria: RiskCriteria, roles: Roles | None) -> frozenset[str]:
    """Posts that may accept a risk of a level: those that the criteria or `approves_risk_up_to` designate up to it."""
    reached = {one.id for one in criteria.levels if one.from_score >= level.from_score}
    by_criteria = {one.accepted_by for one in criteria.levels if one.id in reached}
    by_roles = {post.id for post in (roles.posts if roles else ()) if post.approves_risk_up_to in reached}
    return frozenset(by_criteria | by_roles)
