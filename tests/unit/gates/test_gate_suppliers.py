"""A release that rests on a supplier below the bar, or on an attestation that ran out, does not go ahead (R12, R61)."""

from typing import Any

import pytest
from gate_builders import a_case, a_release, a_system, release_rules

from careloop.domain.decision import Verdict
from careloop.domain.repository import Document
from careloop.domain.third_party import Supplier
from careloop.domain.tier import Tier
from careloop.gates.decide import decide

GOOD: dict[str, Any] = {"by": "ada", "on": "2026-05-04", "inherent": 4, "assurance": 0.78}
IN_DATE = {
    "id": "soc2",
    "statement": "Controls tested",
    "covers": ["hosting"],
    "issued": "2026-10-01",
    "expires": "2027-10-01",
}
RUN_OUT = {**IN_DATE, "issued": "2025-10-01", "expires": "2026-10-01"}


def verdict(assessment: dict[str, Any] | None, *attestations: dict[str, Any], supplier: str = "helix") -> Verdict:
    """What the gate says about a sound release of a system that rests on `supplier`; helix is as described."""
    helix = {
        "id": "helix",
        "name": "Helix",
        "owner": "lead",
        "services": ["hosting"],
        "contract": {"reference": "C-17"},
        "assessment": assessment,
        "attestations": list(attestations),
    }
    system = a_system(Tier.HIGH, supplier=supplier)
    document = Document("suppliers/helix.yaml", "supplier", Supplier.model_validate(helix))
    return decide(a_case(system=system, release=a_release(), rules=release_rules(system, others=[document]))).verdict


@pytest.mark.parametrize(
    ("assessment", "attestations", "expected"),
    [
        (GOOD, [IN_DATE], Verdict.ALLOW),
        (GOOD, [], Verdict.ALLOW),
        (GOOD, [RUN_OUT, IN_DATE], Verdict.ALLOW),
        (GOOD, [RUN_OUT], Verdict.BLOCK),
        ({**GOOD, "inherent": 5, "assurance": 0.4}, [IN_DATE], Verdict.ALLOW),
        ({**GOOD, "inherent": 5, "assurance": 0.39}, [IN_DATE], Verdict.BLOCK),
        (None, [IN_DATE], Verdict.BLOCK),
    ],
)
def test_the_supplier_is_judged_with_the_release(
    assessment: dict[str, Any] | None, attestations: list[dict[str, Any]], expected: Verdict
) -> None:
    assert verdict(assessment, *attestations) is expected


def test_a_supplier_of_other_systems_holds_no_release_of_this_one() -> None:
    assert verdict(None, RUN_OUT, supplier="northwind") is Verdict.ALLOW
