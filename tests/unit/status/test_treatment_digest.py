"""What an approval of a treatment binds to: each material field, and nothing else (SEMANTICS 12; R8)."""

from __future__ import annotations

from typing import Any

import pytest
from risk_builders import A, a_credit, a_repository, a_risk, a_yardstick

from careloop.domain.controls import Controls
from careloop.status.treatment_digest import plan_digest, risk_digest

ACTION = {"id": "watch", "text": "Watch it", "owner": "lead", "due": "2026-12-01"}


def controls(**decision: Any) -> Controls:
    fields = {"control": A, "applicable": True, "ground": "risk", "justification": "So.", "owner": "lead"}
    return Controls.model_validate({"owner": "lead", "decisions": [fields | decision]})


def treated(**changes: Any) -> dict[str, Any]:
    return {"option": "modify", "reason": "It can be.", "credits": [a_credit()], "actions": [ACTION], **changes}


def digest(
    yardstick: dict[str, Any] | None = None, decided: dict[str, Any] | None = None, **risk: Any
) -> tuple[str, str]:
    made = a_risk(**({"treatment": treated()} | risk))
    repository = a_repository(made, a_yardstick(**(yardstick or {})), controls(**(decided or {})))
    return risk_digest(made, repository), plan_digest(repository)


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Drifts"},
        {"cause": "Something else"},
        {"source": "Them"},
        {"review_every": "P6M"},
        {"treatment": treated(reason="Written better")},
        {"treatment": treated(actions=[ACTION | {"text": "Watch it well", "done": "2026-11-20"}])},
        {"treatment": treated(accepted={"by": "boss", "on": "2026-11-20"})},
        {"yardstick": {"method": "Score is likelihood times impact."}},
        {"decided": {"justification": "So it is."}},
    ],
    ids=str,
)
def test_wording_and_progress_void_nothing(change: dict[str, Any]) -> None:
    assert digest(**change) == digest()


@pytest.mark.parametrize(
    "change",
    [
        {"likelihood": 5},
        {"impacts": (3, 5, 2)},
        {"owner": "lead"},
        {"systems": ["credit", "shop"]},
        {"treatment": treated(option="retain")},
        {"treatment": treated(credits=[a_credit(likelihood=1)])},
        {"treatment": treated(credits=[])},
        {"treatment": treated(actions=[ACTION | {"due": "2027-12-01"}])},
        {"treatment": treated(actions=[])},
        {"yardstick": {"appetite": {"organisation": 9, "individuals": 7, "society": 6}}},
        {"yardstick": {"combine": "people_doubled"}},
        {"decided": {"applicable": False}},
    ],
    ids=str,
)
def test_a_material_change_voids_the_risk_and_the_plan(change: dict[str, Any]) -> None:
    before, after = digest(), digest(**change)
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_a_plan_also_binds_to_decisions_that_no_risk_counts_on() -> None:
    other = digest(decided={"control": "iso42001:2023/A.10.4"})
    later = digest(decided={"control": "iso42001:2023/A.10.4", "applicable": False, "expires": "2027-06-30"})
    assert other[0] == later[0]
    assert other[1] != later[1]
