"""A lock names everything that decides behaviour, as far as the system's own document says what does (R79)."""

from typing import Any

import pytest
from gate_builders import a_lock, a_system

from careloop.domain.decision import Reason, Verdict
from careloop.domain.release_lock import Artefact, ArtefactKind, HostedModel
from careloop.domain.tier import Tier
from careloop.gates.lock_cover import cover_reasons

HERE = frozenset({"models/credit", "params.yaml", "assistant/tools", "assistant/prompts"})
HOSTED = HostedModel(provider="lumen", id="chat-2026-05-14", dated=True)


def artefact(name: str, kind: ArtefactKind = ArtefactKind.WEIGHTS) -> Artefact:
    return Artefact(name=name, kind=kind, sha256="0" * 64, size=3)


def reasons(*artefacts: Artefact, declares: tuple[str, ...] = (), **changes: Any) -> list[Reason]:
    fields = {"hosted_model": changes.pop("hosted_model", None), "artefacts": artefacts}
    system = a_system(changes.pop("tier", Tier.HIGH), artefacts=declares, **changes)
    return list(cover_reasons(a_lock(**fields), system, HERE.__contains__))


def blocks(found: list[Reason]) -> list[str]:
    return [one.message for one in found if one.effect is Verdict.BLOCK]


@pytest.mark.parametrize(
    ("pattern", "locked", "covered"),
    [
        ("models/credit/**", "models/credit", True),
        ("models/credit/**", "models", True),
        ("models/credit/**", "models/credit/weights.bin", True),
        ("models/credit/**", "models/credit-old", False),
        ("params.yaml", "params.yaml", True),
        ("params.yaml", "models/credit", False),
        ("assistant/tools/*.json", "assistant/tools", True),
        ("assistant/tools/*.json", "assistant/prompts", False),
    ],
)
def test_r79_what_is_declared_and_here_is_locked_or_blocks(pattern: str, locked: str, covered: bool) -> None:
    found = blocks(reasons(artefact(locked), declares=(pattern,)))
    assert (found == []) is covered, found


def test_r79_what_is_declared_and_not_here_is_told_and_blocks_nothing() -> None:
    (told,) = reasons(artefact("models/credit"), declares=("reasons.yaml",))
    assert (told.effect, "neither locked nor here" in told.message) == (Verdict.ALLOW, True)


def test_r79_a_low_system_is_told() -> None:
    found = reasons(artefact("models/credit"), declares=("params.yaml",), tier=Tier.LOW)
    assert [one.effect for one in found] == [Verdict.ALLOW]


def test_r79_a_language_system_locks_its_model_and_its_prompts() -> None:
    prompt = artefact("assistant/prompts", ArtefactKind.PROMPT)
    tool = artefact("assistant/tools", ArtefactKind.TOOL_SCHEMA)
    assert blocks(reasons(prompt, tool, language_model=True, hosted_model=HOSTED)) == []
    assert blocks(reasons(prompt, artefact("adapter"), language_model=True)) == []
    assert ["names no model" in one for one in blocks(reasons(prompt, tool, language_model=True))] == [True]
    no_prompt = blocks(reasons(tool, language_model=True, hosted_model=HOSTED))
    assert ["holds no prompt" in one for one in no_prompt] == [True]
