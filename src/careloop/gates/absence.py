"""A measure that a release cannot give: what is documented about its absence, and what that decides.

Only an absence that nobody documents fails (R42; SEMANTICS 17). Where another measure stands in, that one has its limit
and is judged like any other. A legal bar counts while people's agreement stands and its control is evidenced.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from careloop.domain.decision import Reason, ReasonKind, Verdict
from careloop.domain.evaluation import ExpectedResult
from careloop.domain.measured import Outcome
from careloop.domain.not_assessable import LegalBar, NotAssessable, ProtectedBasis
from careloop.domain.release import Result

__all__ = ["judge_absence"]

_DOCUMENT = (
    "set `not_assessable` beside the measure in system.yaml: a measure that stands in, or a legal bar with law, control"
    " and expiry"
)
_RENEW = "look at the reason again, set a later `expires` in system.yaml and ask for approval anew"


def judge_absence(
    measure: str, expected: Iterable[ExpectedResult], *, bars: Mapping[str, LegalBar], today: date, system: str
) -> tuple[Result, Reason]:
    """The result that stands for the absent measure, and what the gate says about it.

    `bars` are the legal bars of the system by measure, as they stand. A bar that is not among them is not known, and
    what is not known blocks.
    """
    grounds = [one.not_assessable for one in expected if one.measure == measure and one.not_assessable is not None]
    if not grounds:
        return _told(measure, Verdict.BLOCK, "is said not to be assessable, and nobody documents why", _DOCUMENT)
    ground = grounds[0]
    why = f"cannot be assessed ({ground.basis.value}): {ground.because}"
    if ground.expires is not None and ground.expires < today:
        return _told(measure, Verdict.BLOCK, f"{why}; this counted until {ground.expires}", _RENEW)
    if ground.basis is ProtectedBasis.LEGAL_BAR:
        return _barred(measure, why, ground, bars.get(measure), f"{system}/{measure}")
    wrong = f", with at most {ground.proxy_error:.1%} of people in the wrong group" if ground.proxy_error else ""
    return _told(measure, Verdict.ALLOW, f"{why}; {ground.stands_in} stands in{wrong}")


def _barred(measure: str, why: str, ground: NotAssessable, bar: LegalBar | None, matter: str) -> tuple[Result, Reason]:
    if bar is None:
        return _told(measure, Verdict.BLOCK, f"{why}; nobody can tell here how this legal bar stands", _RENEW)
    if bar.broken is not None:
        remedy = f"bring evidence for {ground.control}: care explain {ground.control}"
        return _told(measure, Verdict.BLOCK, f"{why}; {bar.broken}", remedy)
    if bar.waits is not None:
        return _told(measure, Verdict.WAIT, f"{why}; {bar.waits}", f"care request legal-bar {matter}")
    people = ", ".join(bar.granted_by)
    held = f"{ground.control} compensates until {ground.expires}, agreed to by {people}"
    return _told(measure, Verdict.ALLOW, f"{why}; {held}")


def _told(measure: str, effect: Verdict, message: str, remedy: str = "") -> tuple[Result, Reason]:
    reason = Reason(
        kind=ReasonKind.RESULT, effect=effect, message=f"{measure} {message}", measure=measure, remedy=remedy
    )
    return Result(measure=measure, outcome=Outcome.NOT_ASSESSABLE, n=0, because=message), reason
