"""Explain a risk: what it was, what is left, what it counts on, who accepted it (R24, R77)."""

from collections.abc import Iterable

from careloop.domain.explanation import Explanation, ExplanationLine, ExplanationSection
from careloop.domain.residual import LiveRisk

__all__ = ["credited_by", "risk_explanation"]


def risk_explanation(live: LiveRisk) -> Explanation:
    """A risk as it stands, with the controls that its treatment counts on."""
    about = (
        ExplanationLine(f"owner {live.risk.owner}, of {', '.join(live.risk.systems) or 'the management system'}"),
        ExplanationLine(f"inherent: {live.inherent}"),
        ExplanationLine(f"left if every control held: {live.declared}"),
        ExplanationLine(f"left now: {live.now}"),
        ExplanationLine(f"level {live.level.id}, to be accepted by {live.level.accepted_by}"),
        ExplanationLine(f"stands in {live.path}"),
    )
    controls = tuple(
        ExplanationLine(one.title if one.counts else f"{one.title}: {one.because}", one.credit.control, one.state.value)
        for one in live.credits
    )
    sections = [
        ExplanationSection("About", about),
        ExplanationSection("Controls that its treatment counts on", controls),
        ExplanationSection("Acceptance", (ExplanationLine(live.acceptance.because),)),
    ]
    if live.acceptance.state.holds_releases:
        held = ", ".join(live.risk.systems) or "no system"
        line = ExplanationLine(f"the next release of tier high or above of {held} waits")
        sections.append(ExplanationSection("Held back", (line,)))
    kept = tuple(section for section in sections if section.lines)
    return Explanation(live.risk.id, "risk", live.risk.title, live.acceptance.state.value, kept)


def credited_by(control: str, risks: Iterable[LiveRisk]) -> list[ExplanationLine]:
    """Risks whose treatment counts on a control, with how they stand."""
    return [
        ExplanationLine(f"{live.risk.title}: left now {live.now}", live.risk.id, live.acceptance.state.value)
        for live in risks
        if any(one.credit.control == control for one in live.credits)
    ]
