"""A gate's decision as a comment: the answer, what blocks, what is waited for and who can end the wait (R39, R41)."""

from collections.abc import Iterator, Sequence
from typing import Final

from careloop.domain.decision import GateAnswer, Reason, Verdict
from careloop.errors import CareloopError
from careloop.reports.gate_remarks import closed_gate_remarks, gate_remarks
from careloop.reports.markdown_cells import code, plain, table

__all__ = ["closed_gate_markdown", "gate_mark", "gate_markdown"]

_MOST: Final = 50


def gate_mark(system: str, environment: str) -> str:
    """The hidden first line by which a job finds its earlier comment: one comment for each system and environment."""
    return f"<!-- careloop:gate {system} {environment} -->"


def gate_markdown(answer: GateAnswer, *, mark: bool = True) -> Iterator[str]:
    """Lines of Markdown, with the hidden mark in the first."""
    decision = answer.decision
    if mark:
        yield gate_mark(answer.system, answer.environment)
    yield f"### {plain(gate_remarks(answer).headline)}"
    for effect, words in ((Verdict.BLOCK, "Blocks"), (Verdict.WAIT, "Waits for"), (Verdict.ALLOW, "Good to know")):
        rows = [reason for reason in decision.reasons if reason.effect is effect]
        if rows:
            yield from ("", f"**{words}** ({len(rows)})")
            yield from _table(rows)
    if answer.approvals.counted:
        who = "; ".join(f"{plain(one.approval.person)} for {plain(one.post)}" for one in answer.approvals.counted)
        yield from ("", f"Approved by {who}; {decision.lacks} more needed.")
    if decision.verdict is Verdict.WAIT and answer.request_digest:
        yield from ("", f"To approve: {code(f'care approve {answer.request_digest} --reason TEXT')}, or on the pages.")
    yield from ("", f"<sub>tier {answer.tier.value} · lock {answer.lock[:19]} · governed by {answer.commit[:12]}</sub>")


def closed_gate_markdown(error: CareloopError, *, system: str, environment: str, mark: bool = True) -> Iterator[str]:
    """Lines of Markdown of a gate that could not ask its ledger."""
    told = closed_gate_remarks(error, system=system, environment=environment)
    if mark:
        yield gate_mark(system, environment)
    yield f"### {plain(told.headline)}"
    yield from ("", f"{plain(told.remarks[0].message)} · {plain(told.remarks[0].remedy)}")


def _table(reasons: Sequence[Reason]) -> Iterator[str]:
    rows = ((_what(one), plain("; ".join(one.because[:3])), plain(one.remedy)) for one in reasons)
    yield from table(("what", "because", "how to mend it"), rows, most=_MOST, more="run `care gate`")


def _what(reason: Reason) -> str:
    return f"{plain(reason.message)} <sub>{plain(reason.rule or reason.measure or reason.kind.value)}</sub>"
