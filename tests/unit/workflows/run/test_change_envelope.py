"""Frequent retraining: two people grant the recipe, each retrain inside it passes on the gate's word, counted (R78)."""

from datetime import date
from typing import Any

import pytest
import yaml
from release_scene import DATA, Scene, an_envelope

from careloop.domain.decision import GateAnswer, Verdict
from careloop.domain.matter import MatterKind
from careloop.domain.release_lock import ReleaseLock
from careloop.errors import CareloopError, Refused
from careloop.testing.approval_keys_fake import ApprovalKeysFake
from careloop.workflows.run.approve_matter import EndAsk, end_matter
from careloop.workflows.run.approve_request import approve_request
from careloop.workflows.run.ask_matter import MatterAsk, ask_matter
from careloop.workflows.run.draft_envelope import EnvelopeAsk, draft_envelope
from careloop.workflows.run.give_approval import ApprovalAsk
from careloop.workflows.run.record_release import RecordAsk, record_release
from careloop.workflows.run.release_records import standings_of

PATH = "systems/credit/envelopes/nightly.yaml"
RECIPE = {"features": ["age", "income"], "data_contract": DATA, "threshold": 0.5}


class Nightly(Scene):
    """The shop, retraining its model every night."""

    def __init__(self, tier: str = "high", **changes: Any) -> None:
        super().__init__(tier=tier)
        self.first = self.retrained(1)
        self.files[PATH] = yaml.safe_dump(an_envelope(self.first, **changes)).encode()
        self.commit("req@harbour.example", touching=[PATH])

    def retrained(self, night: int, **parameters: Any) -> ReleaseLock:
        """The weights of a night, locked; the code is that of the first."""
        self.artefacts.files["models/credit/weights.bin"] = f"night {night}".encode()
        code = self.first.code_commit if night > 1 else None
        return self.lock(version=f"1.{night}", code_commit=code, parameters={**RECIPE, "seed": night, **parameters})

    def ask(self, lock: ReleaseLock, *, ratio: float = 0.9, psi: float = 0.02) -> GateAnswer:
        """The gate, with results that carry the envelope's measures."""
        self.new_card(lock.version)
        rows = [
            {"measure": name, "value": value, "interval": [value - 0.01, value + 0.01]}
            | {"n": 4000, "outcome": "shown_safe"}
            for name, value in {
                "impact_ratio": ratio, "psi": psi, "pii_found": 0.9, "reason_code_coverage": 0.9
            }.items()
        ]  # fmt: skip
        return self.gate(lock, self.results(lock, results=rows))

    def granted(self) -> None:
        made = ask_matter(
            MatterAsk(kind=MatterKind.ENVELOPE, id="credit/nightly", requester="req"), self.desk, self.now
        )
        for person in ("ada", "bob"):
            approve_request(
                ApprovalAsk(made.asked.digest, "Same recipe"), self.desk, ApprovalKeysFake(person), self.now
            )


def test_r78_a_retrain_inside_passes_on_gates_and_is_counted() -> None:
    shop = Nightly()
    shop.granted()
    for night in (2, 3):
        lock = shop.retrained(night)
        answer = shop.ask(lock)
        assert (answer.decision.verdict, answer.decision.required_approvals) == (Verdict.ALLOW, 0), answer.decision
        assert shop.record(lock).new
    third = shop.ask(shop.retrained(4))
    assert third.decision.verdict is Verdict.WAIT
    assert any("2 releases have been made by it, of 2" in one.message for one in third.decision.reasons)
    places = [entry.record.data.get("place") for entry in shop.ledger.query(type="release.standing")]
    assert places == [1, 2]
    assert [one.envelope is not None for one in standings_of(shop.ledger, "credit", now=shop.now)] == [True, True]


def test_r78_without_a_grant_people_are_asked_and_told_why() -> None:
    shop = Nightly()
    answer = shop.ask(shop.retrained(2))
    assert (answer.decision.verdict, answer.decision.required_approvals) == (Verdict.WAIT, 2)
    assert any("has not been granted" in one.message for one in answer.decision.reasons)


@pytest.mark.parametrize(
    ("parameters", "measures", "why"),
    [
        ({"threshold": 0.4}, {}, "the parameter threshold is 0.4"),
        ({}, {"psi": 0.2}, "psi may be as high as"),
        ({}, {"ratio": 0.8}, "impact_ratio may be as low as"),
    ],
)
def test_r78_outside_the_envelope_is_a_full_approval(
    parameters: dict[str, Any], measures: dict[str, float], why: str
) -> None:
    shop = Nightly()
    shop.granted()
    answer = shop.ask(shop.retrained(2, **parameters), **measures)
    assert answer.decision.verdict is Verdict.WAIT
    assert answer.request is not None
    assert any(why in one.message for one in answer.decision.reasons), answer.decision.reasons


def test_r78_an_envelope_that_was_edited_ended_or_ran_out_covers_nothing() -> None:
    shop = Nightly()
    shop.granted()
    end_matter(EndAsk("envelope/credit/nightly", "Inputs drift"), shop.desk, ApprovalKeysFake("cy"), shop.now)
    assert shop.ask(shop.retrained(2)).decision.verdict is Verdict.WAIT
    other = Nightly()
    other.granted()
    other.edit(PATH, "most_releases: 2", "most_releases: 3")
    other.commit("req@harbour.example", touching=[PATH])
    assert other.ask(other.retrained(2)).decision.verdict is Verdict.WAIT
    late = Nightly()
    late.granted()
    late.later(days=39)
    assert late.ask(late.retrained(2)).decision.verdict is Verdict.WAIT


def test_r78_a_very_high_system_has_no_envelope() -> None:
    shop = Nightly(tier="very_high")
    with pytest.raises(Refused, match="has no change envelope"):
        shop.granted()
    said = shop.ask(shop.retrained(2)).decision.reasons
    assert any("no envelope counts at tier very high" in one.message for one in said)


def test_r78_two_releases_never_take_the_same_place() -> None:
    shop = Nightly(most_releases=1)
    shop.granted()
    lock = shop.retrained(2)
    shop.ask(lock)
    assert shop.record(lock).new
    assert not shop.record(lock).new
    again = shop.retrained(3)
    assert shop.ask(again).decision.verdict is Verdict.WAIT
    done = record_release(RecordAsk(again.digest, "production"), shop.desk, shop.now)
    assert (done.standing, done.new) == (None, False)


def test_r78_a_release_keeps_the_standing_that_the_envelope_gave_it() -> None:
    shop = Nightly()
    shop.granted()
    lock = shop.retrained(2)
    shop.ask(lock)
    shop.record(lock)
    end_matter(EndAsk("envelope/credit/nightly", "Inputs drift"), shop.desk, ApprovalKeysFake("cy"), shop.now)
    assert shop.ask(lock).decision.verdict is Verdict.ALLOW


def an_ask(**changes: Any) -> EnvelopeAsk:
    fields: dict[str, Any] = {
        "id": "nightly", "owner": "ai-lead", "reason": "Every night.", "varies": ("models/credit",),
        "varying_parameters": ("seed",), "bounds": ("impact_ratio>=0.8",), "shift": ("psi <= 0.1",),
        "most_releases": 2, "expires": date(2026, 12, 31), "environment": "production",
    }  # fmt: skip
    return EnvelopeAsk(**(fields | changes))


def test_r78_an_envelope_that_was_drafted_from_a_lock_holds_the_next_night() -> None:
    shop = Nightly()
    drafted = draft_envelope(shop.first, an_ask())
    shop.files[PATH] = yaml.safe_dump(drafted.model_dump(mode="json", exclude_defaults=True)).encode()
    shop.commit("req@harbour.example", touching=[PATH])
    shop.granted()
    assert shop.ask(shop.retrained(2)).decision.verdict is Verdict.ALLOW


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"varies": ("models/other",)}, "holds no models/other"),
        ({"bounds": ("impact_ratio > 0.8",)}, "is no bound"),
        ({"most_releases": 0}, "most_releases"),
        ({"shift": ()}, "shift"),
    ],
)
def test_a_draft_that_makes_no_envelope_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(CareloopError, match=words):
        draft_envelope(Nightly().first, an_ask(**changes))
