"""An answer of `care check` or `care gate`, read from its JSON, as the status of a commit."""

from collections.abc import Mapping
from typing import Any, Final

from careloop.domain.forge import CommitStatus, StatusState
from careloop.errors import InvalidInput

__all__ = ["commit_status", "missing_owners"]

_OF_GATE: Final = {"allow": StatusState.SUCCESS, "wait": StatusState.PENDING, "block": StatusState.FAILURE}
_OF_CHECK: Final = {0: StatusState.SUCCESS, 1: StatusState.FAILURE}
_WANTING_PEOPLE: Final = frozenset({"owner-approval", "loosening-approved"})
"""Rules whose findings a review of the owner ends."""


def commit_status(answer: Mapping[str, Any], commit: str, *, url: str | None = None) -> CommitStatus:
    """The status that says what the answer says. Raises InvalidInput for an answer of another kind."""
    schema = str(answer.get("schema"))
    if schema == "careloop/gate/v1":
        decision = str(answer.get("decision"))
        state = _OF_GATE.get(decision, StatusState.ERROR)
        context = f"care/gate {answer.get('system')} {answer.get('environment')}"
        text = _gate_words(answer, decision)
    elif schema == "careloop/check/v1":
        summary = answer.get("summary")
        counts = summary if isinstance(summary, dict) else {}
        state = _OF_CHECK.get(counts.get("exit_code", 2), StatusState.ERROR)
        context = "care/check"
        unread = counts.get("errors") or 0
        text = f"{unread} cannot be read" if unread else f"{counts.get('blocking', '?')} to mend"
        text = "nothing blocks" if state is StatusState.SUCCESS else text
    else:
        raise InvalidInput(f"{schema} is no answer of check or gate", hint="write it with --format json")
    return CommitStatus(commit=commit, context=context, state=state, description=text, url=url)


def _gate_words(answer: Mapping[str, Any], decision: str) -> str:
    reasons = [one for one in answer.get("reasons") or () if one.get("effect") == decision]
    if decision == "allow" or not reasons:
        return {"allow": "may go ahead", "wait": "waits", "block": "blocked"}.get(decision, "nobody can tell")
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return f"{reasons[0]['message']}{more}"


def missing_owners(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Posts whose approval a check found missing, in order; none for an answer of another kind."""
    findings = answer.get("findings")
    rows = findings if isinstance(findings, list) else []
    wanted = (one.get("owner") for one in rows if one.get("blocking") and one.get("rule") in _WANTING_PEOPLE)
    return tuple(dict.fromkeys(post for post in wanted if isinstance(post, str)))
