"""What the gate and the ledger say, to machines and to people."""

import json
from datetime import UTC, datetime, timedelta

from careloop.domain.approval import Approval, ApprovalCount, ApprovalRequest, Counted, Ground, Refusal
from careloop.domain.decision import Decision, GateAnswer, Reason, ReasonKind, Verdict
from careloop.domain.plan_steps import RollbackTarget
from careloop.domain.standing import Standing
from careloop.domain.tier import Tier
from careloop.errors import Unavailable
from careloop.ledger.verify import Notice, NoticeKind, Problem, ProblemKind, Verification
from careloop.reports.gate_report import closed_gate_json, gate_json, gate_lines, standing_line
from careloop.reports.ledger_report import (
    LedgerLine,
    entries_json,
    entry_lines,
    verification_json,
    verification_lines,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LOCK, REQUEST, SLICE = (f"sha256:{letter * 64}" for letter in "abc")
HARM = Reason(
    kind=ReasonKind.RESULT, effect=Verdict.BLOCK, message="impact_ratio is shown to be harmful: 0.71, n = 4,102",
    measure="impact_ratio", remedy="mend the model", controls=("iso42001:2023/A.6.2.4",), because=("x" * 300,),
)  # fmt: skip
TWO_PEOPLE = Reason(
    kind=ReasonKind.APPROVAL, effect=Verdict.WAIT, message="A very-high release is approved by two.",
    rule="dual-approval", remedy="sign",
)  # fmt: skip
SUM = Reason(kind=ReasonKind.APPROVAL, effect=Verdict.WAIT, message="1 of 2 approvals", remedy="care approve")


def a_standing(*, revoked: bool = False) -> Standing:
    return Standing(
        system="credit", lock=LOCK, version="1.0", environment="production", request=REQUEST, approvals=2, since=NOON,
        record="r", index=7, revoked_at=NOON if revoked else None, revoked_because="leaks" if revoked else None,
    )  # fmt: skip


def an_answer(*reasons: Reason, verdict: Verdict, standing: Standing | None = None) -> GateAnswer:
    request = ApprovalRequest(
        action="release", lock=LOCK, slice=SLICE, tier=Tier.VERY_HIGH, environment="production", requester="req",
        nonce="0" * 32, expires_at=NOON + timedelta(days=7),
    )  # fmt: skip
    approval = Approval(request=REQUEST, person="ada", signature="s", given_at=NOON, reason="ok", record="r")
    count = ApprovalCount((Counted(approval, "risk"),), (Refusal("eve", Ground.TWICE, "eve has approved already"),))
    waits = verdict is Verdict.WAIT
    return GateAnswer(
        decision=Decision(verdict=verdict, reasons=reasons, required_approvals=2, approvals=1 if waits else 2),
        system="credit", environment="production", lock=LOCK, version="1.0", tier=Tier.VERY_HIGH, slice=SLICE,
        commit="f" * 40, in_force_by="history", standards_digest=SLICE, request=request if waits else None,
        request_digest=REQUEST if waits else None, approvals=count, standing=standing,
        rollback=RollbackTarget(lock=None, because="no other release has standing in production"),
    )  # fmt: skip


def text(answer: GateAnswer) -> str:
    return "\n".join(line for _, line in gate_lines(answer))


def test_the_json_of_a_gate_has_the_shape_of_the_contract() -> None:
    shown = json.loads(json.dumps(gate_json(an_answer(SUM, TWO_PEOPLE, verdict=Verdict.WAIT))))
    assert {"schema", "careloop_version", "standards_digest", "commit"} <= shown.keys()
    assert (shown["decision"], shown["request"], shown["required_approvals"], shown["standing"]) == (
        "wait", REQUEST, 2, None,
    )  # fmt: skip
    assert [reason["effect"] for reason in shown["reasons"]] == ["wait", "wait"]
    assert shown["request_detail"]["expires_at"] == "2026-11-30T12:00:00.000000Z"
    assert shown["approvals"] == [{"person": "ada", "post": "risk", "at": "2026-11-23T12:00:00Z", "proof": "key"}]
    assert shown["refused_approvals"][0]["ground"] == "twice"
    assert shown["rollback_target"] == {
        "ready": False, "lock": None, "why": "no other release has standing in production",
    }  # fmt: skip


def test_a_block_says_why_in_numbers_and_nothing_about_waiting() -> None:
    said = text(an_answer(HARM, TWO_PEOPLE, verdict=Verdict.BLOCK))
    assert said.startswith("block  credit 1.0 (sha256:aaaaaaaaaaaa) may not go into production\n")
    assert "0.71, n = 4,102   [impact_ratio]" in said
    assert "serves iso42001:2023/A.6.2.4 · mend: mend the model" in said
    assert "dual-approval" not in said
    assert said.endswith("1 reason to block, and 1 to wait once those are mended; tier very_high")
    assert max(map(len, said.splitlines())) < 200


def test_a_wait_sums_the_rules_up_and_names_the_command() -> None:
    said = text(an_answer(SUM, TWO_PEOPLE, verdict=Verdict.WAIT))
    assert "1 of 2 approvals" in said
    assert "dual-approval" not in said
    assert said.endswith(f"next: care approve {REQUEST} --reason TEXT   (1 more)")


def test_an_allow_names_the_next_command_until_it_stands() -> None:
    assert text(an_answer(verdict=Verdict.ALLOW)).endswith(f"care release record {LOCK} --environment production")
    assert "rollback target: not ready" in text(an_answer(verdict=Verdict.ALLOW))
    assert text(an_answer(verdict=Verdict.ALLOW, standing=a_standing())).endswith("the release has standing")


def test_a_gate_without_its_ledger_says_block() -> None:
    shown = closed_gate_json(Unavailable("out of reach"), system="credit", environment="production")
    assert (shown["decision"], shown["reasons"][0]["kind"]) == ("block", "ledger")


def test_a_standing_is_one_line_and_a_revoked_one_says_why() -> None:
    assert "2 approvals  (newest)" in standing_line(a_standing(), newest=True)[1]
    assert "revoked 2026-11-23T12:00:00Z: leaks" in standing_line(a_standing(revoked=True), newest=False)[1]


def a_verification(*problems: Problem, notices: tuple[Notice, ...] = ()) -> Verification:
    return Verification(size=9, root=bytes(32), checked=9, problems=problems, notices=notices)


def test_a_sound_ledger_says_how_much_of_a_proof_that_is() -> None:
    assert "--trust KEY checks the origin too" in next(verification_lines(a_verification(), trusted=False))[1]
    assert "the key that you trust" in next(verification_lines(a_verification(), trusted=True))[1]


def test_every_kind_of_damage_has_its_words() -> None:
    problems = tuple(Problem(3, kind) for kind in ProblemKind)
    lines = [line for _, line in verification_lines(a_verification(*problems), trusted=True)]
    assert len([line for line in lines if line.startswith("  entry 3: ")]) == len(ProblemKind)
    assert (
        "  the log: "
        in list(verification_lines(a_verification(Problem(None, ProblemKind.BAD_ROOT)), trusted=True))[1][1]
    )


def test_a_verification_as_json_has_the_shape_of_the_contract() -> None:
    found = a_verification(Problem(3, ProblemKind.ALTERED_BODY), notices=(Notice(1, NoticeKind.CLOCK_SKEW),))
    shown = verification_json(found, trusted=False, source={"commit": None, "standards_digest": SLICE})
    assert (shown["size"], shown["root"], shown["checked"]) == (9, "00" * 32, 9)
    assert shown["problems"] == [{"index": 3, "kind": "altered_body"}]


def test_entries_are_shown_with_what_they_are_about() -> None:
    line = LedgerLine(
        index=4, type="gate.decision", recorded_at=NOON, actor="care-gate", subjects=(f"releases/{LOCK}",),
        record={"id": "x", "type": "gate.decision"},
    )  # fmt: skip
    shown = list(entry_lines([line], size=9))
    assert shown[0][1].split() == ["4", "2026-11-23T12:00:00Z", "gate.decision", "care-gate", f"releases/{LOCK[:19]}"]
    assert shown[-1][1] == "1 of 9 entries"
    assert entries_json([line], size=9, origin="o", source={})["entries"] == [
        {"index": 4, "id": "x", "type": "gate.decision"}
    ]
