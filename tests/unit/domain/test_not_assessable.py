"""A documented absence of a measure says on which basis, in full (R42; SEMANTICS 17)."""

from typing import Any

import pytest
from pydantic import ValidationError

from careloop.domain.evaluation import ExpectedResult
from careloop.domain.not_assessable import NotAssessable, ProtectedBasis
from careloop.domain.system import System

BARRED = {
    "basis": "legal_bar",
    "because": "Lenders may not ask about origin.",
    "law": "fair-lending",
    "control": "own/X-panel",
    "expires": "2027-05-31",
}


def ground(**changes: Any) -> NotAssessable:
    fields = {**BARRED, **changes}
    return NotAssessable.model_validate({name: value for name, value in fields.items() if value is not None})


def stood_in(basis: str, **changes: Any) -> NotAssessable:
    return ground(basis=basis, law=None, control=None, expires=None, stands_in="panel_parity", **changes)


@pytest.mark.parametrize("lacking", ["law", "control", "expires"])
def test_a_legal_bar_names_its_law_its_control_and_its_last_day(lacking: str) -> None:
    assert ground().basis is ProtectedBasis.LEGAL_BAR
    with pytest.raises(ValidationError, match=f"a legal bar also says {lacking}"):
        ground(**{lacking: None})


@pytest.mark.parametrize("basis", sorted(set(ProtectedBasis) - {ProtectedBasis.LEGAL_BAR}))
def test_every_other_basis_names_the_measure_that_stands_in(basis: str) -> None:
    error = {"proxy_error": 0.08} if basis == "declared_proxy" else {}
    assert stood_in(basis, **error).stands_in == "panel_parity"
    with pytest.raises(ValidationError, match="needs stands_in"):
        ground(basis=basis, law=None, control=None, **error)
    with pytest.raises(ValidationError, match="belong to legal_bar"):
        ground(basis=basis, stands_in="panel_parity", **error)


@pytest.mark.parametrize("error", [None, 0.0, 0.5, float("nan")])
def test_a_proxy_says_how_often_it_is_wrong(error: float | None) -> None:
    with pytest.raises(ValidationError, match="proxy_error"):
        stood_in("declared_proxy", proxy_error=error)


def test_nothing_but_a_proxy_has_an_error_of_one() -> None:
    with pytest.raises(ValidationError, match="belongs to declared_proxy"):
        stood_in("independent_panel", proxy_error=0.1)


def test_what_stands_in_has_a_limit_of_its_own_and_is_taken_itself(a_system_document: dict[str, Any]) -> None:
    absent = {"measure": "impact_ratio", "least": 0.8, "not_assessable": stood_in("independent_panel").model_dump()}
    panel = {"measure": "panel_parity", "most": 0.05}
    assert System.model_validate({**a_system_document, "evaluation": [absent, panel]}).evaluation[1].most == 0.05
    again = {**panel, "not_assessable": BARRED}
    for others in ([], [again]):
        with pytest.raises(ValidationError, match="panel_parity, which stands in for impact_ratio, has no limit"):
            System.model_validate({**a_system_document, "evaluation": [absent, *others]})


def test_a_measure_without_such_a_reason_is_expected_as_ever() -> None:
    assert ExpectedResult(measure="accuracy", least=0.9).not_assessable is None


@pytest.fixture
def a_system_document() -> dict[str, Any]:
    return {
        "id": "credit",
        "name": "Credit",
        "owner": "lead",
        "purpose": "Decides about loans.",
        "origin": "built",
        "tier": "high",
        "tier_reason": "So it is.",
        "lifecycle": "operation",
        "autonomy": "human_decides",
        "domain": "credit",
        "personal_data": True,
        "affects_rights": True,
    }
