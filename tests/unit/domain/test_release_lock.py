"""A release lock: one way to write it down, one digest, and no place for what it cannot hold."""

import json
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from careloop.domain.release_lock import Artefact, ArtefactKind, HostedModel, ReleaseLock, is_dated

MODEL = {"name": "models/credit", "kind": "weights", "sha256": "0" * 64, "size": 3}


def lock(**changes: Any) -> ReleaseLock:
    fields: dict[str, Any] = {"schema": "careloop/release-lock/v1", "system": "credit", "version": "1.0"}
    return ReleaseLock.model_validate_json(json.dumps(fields | {"artefacts": [MODEL]} | changes), strict=True)


def test_the_digest_is_that_of_the_canonical_json_of_the_shared_shape() -> None:
    shape: dict[str, Any] = {
        "schema": "careloop/release-lock/v1", "system": "credit", "version": "1.0", "artefacts": [MODEL],
        "hosted_model": None, "parameters": {"threshold": 0.62}, "code_commit": None, "governance_commit": None,
    }  # fmt: skip
    expected = sha256(rfc8785.dumps(shape)).hexdigest()
    assert lock(parameters={"threshold": 0.62}).digest == f"sha256:{expected}"


@given(st.permutations(["system", "version", "artefacts", "schema"]))
def test_the_order_of_keys_makes_no_difference(order: list[str]) -> None:
    fields = {"schema": "careloop/release-lock/v1", "system": "credit", "version": "1.0", "artefacts": [MODEL]}
    written = json.dumps({key: fields[key] for key in order})
    assert ReleaseLock.model_validate_json(written, strict=True).digest == lock().digest


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1.1"},
        {"system": "other"},
        {"artefacts": [MODEL | {"sha256": "1" * 64}]},
        {"artefacts": [MODEL | {"kind": "code"}]},
        {"parameters": {"threshold": 0.6}},
        {"code_commit": "a" * 40},
        {"hosted_model": {"provider": "lumen", "id": "chat-2026-05-14", "dated": True}},
        {"code_authors": ["ada@acme.example"]},
    ],
)
def test_whatever_decides_behaviour_makes_another_release(change: dict[str, Any]) -> None:
    assert lock(**change).digest != lock().digest


def test_a_lock_written_down_is_the_same_lock() -> None:
    made = lock(code_authors=["ada@acme.example"], parameters={"a": [1, 2.5, None, "x"]})
    assert ReleaseLock.model_validate_json(made.canonical, strict=True) == made


@pytest.mark.parametrize(
    "change",
    [
        {"artefacts": []},
        {"artefacts": [MODEL, MODEL]},
        {"artefacts": [MODEL | {"name": "/etc/passwd"}]},
        {"artefacts": [MODEL | {"name": "models/../../secret"}]},
        {"artefacts": [MODEL | {"name": "models\\credit"}]},
        {"artefacts": [MODEL | {"sha256": "0" * 63}]},
        {"artefacts": [MODEL | {"size": -1}]},
        {"artefacts": [MODEL | {"kind": "magic"}]},
        {"schema": "careloop/release-lock/v2"},
        {"code_commit": "main"},
        {"hosted_model": {"provider": "lumen", "id": "chat-latest", "dated": True}},
        {"colour": "red"},
        {"version": ""},
    ],
)
def test_what_is_no_lock_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        lock(**change)


def test_a_name_of_a_registry_is_a_name() -> None:
    assert (
        Artefact(name="models:/credit/3", kind=ArtefactKind.WEIGHTS, sha256="0" * 64, size=1).name == "models:/credit/3"
    )


def test_a_hosted_model_alone_is_a_release() -> None:
    hosted = HostedModel(provider="lumen", id="chat-2026-05-14", dated=True)
    assert ReleaseLock(system="credit", version="1", hosted_model=hosted).digest.startswith("sha256:")


@pytest.mark.parametrize("model", ["chat-3", "chat-2026", "chat-12026-05-140", "chat-2026-5-1", "chat-2026-0514"])
def test_a_number_that_is_no_date_dates_nothing(model: str) -> None:
    assert not is_dated(model)
