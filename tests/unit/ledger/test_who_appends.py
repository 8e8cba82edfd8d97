"""What puts something in force is sent by nobody who only may record (LEDGER 8; R41)."""

import pytest

from careloop.ledger.record_types import STANDARD_TYPES
from careloop.ledger.who_appends import BY_HAND, BY_PIPELINES, BY_RELEASES

IN_FORCE = ("authority.taken", "matter.granted", "matter.used", "release.emergency", "release.standing")


@pytest.mark.parametrize("kind", IN_FORCE)
def test_r41_a_token_that_only_records_puts_nothing_in_force(kind: str) -> None:
    assert kind in STANDARD_TYPES
    assert kind not in BY_HAND | BY_PIPELINES
    assert kind in BY_RELEASES
