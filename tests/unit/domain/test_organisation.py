"""care.yaml says whose sessions count, and how fresh a proof of oneself must be (SEMANTICS 18)."""

from typing import Any

import pytest
from pydantic import ValidationError

from careloop.domain.noun import seconds_in
from careloop.domain.organisation import Sessions

LINE = f"ssh-ed25519 {'A' * 68}"


def test_ten_minutes_are_fresh_unless_something_else_is_said() -> None:
    assert Sessions(vouched_by=(LINE,)).step_up == "PT10M"
    assert seconds_in(Sessions(step_up="PT12H").step_up) == 12 * 3600


@pytest.mark.parametrize(
    "fields",
    [
        {"step_up": "PT721M"},
        {"step_up": "P1D"},
        {"step_up": "PT0M"},
        {"step_up": "10 minutes"},
        {"vouched_by": [LINE[:-1]]},
        {"vouched_by": [LINE.replace("ssh-ed25519", "ssh-rsa")]},
        {"vouched_by": [f"{LINE}="]},
        {"vouched": [LINE]},
    ],
)
def test_a_key_that_is_none_and_a_proof_that_is_stale_by_design_do_not_pass_review(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Sessions.model_validate(fields)
