"""The verifier's JSON has the fields that docs/reference shows, and its command the exit codes of CONTRACTS (R10)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from export_rooms import a_ledger, changed, exported

from care_verify.command import main

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "reference" / "json.md"
ARCHIVE = exported(a_ledger(2))
KEY = a_ledger(2).key


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(words)
    return code, capsys.readouterr().out


def shape(value: Any) -> Any:
    """The keys of an object, all the way down; of a list, those of its first item."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(item) for item in value[:1]] if isinstance(value, list) else None


@pytest.fixture
def spoilt(tmp_path: Path) -> str:
    edit = {"entries/000000000000.jsonl": lambda content: content.replace(b'"number":0', b'"number":9')}
    (tmp_path / "spoilt.zip").write_bytes(changed(ARCHIVE, edit, sums=False))
    return str(tmp_path / "spoilt.zip")


@pytest.fixture
def honest(tmp_path: Path) -> str:
    (tmp_path / "honest.zip").write_bytes(ARCHIVE)
    return str(tmp_path / "honest.zip")


def test_the_document_shows_what_is_printed(capsys: pytest.CaptureFixture[str], spoilt: str) -> None:
    section = DOCUMENT.read_text(encoding="utf-8").partition("## `careloop/export-verify/v1`")[2]
    shown = json.loads(re.search(r"```json\n(.*?)```", section, re.DOTALL)[1])  # type: ignore[index]
    code, out = said(capsys, spoilt, "--trust", KEY, "--format", "json")
    printed = json.loads(out)
    assert (code, shape(printed)) == (1, shape(shown))
    assert [one["state"] for one in printed["records"]] == [one["state"] for one in shown["records"]]
    assert printed["problems"] == shown["problems"]


def test_the_first_line_says_how_much_of_a_proof_it_is(
    capsys: pytest.CaptureFixture[str], honest: str, spoilt: str, tmp_path: Path
) -> None:
    (tmp_path / "log.pub").write_text(f"{KEY}\n")
    for words, code, start in (
        ((honest, "--trust", KEY), 0, "authentic: all 2 records"),
        ((honest, "--trust", str(tmp_path / "log.pub")), 0, "authentic: all 2 records"),
        ((honest,), 0, "self-consistent, origin not checked: all 2 records"),
        ((spoilt,), 1, "not sound: 1 proven, 1 altered"),
    ):
        found, out = said(capsys, *words)
        assert (found, out.splitlines()[0].startswith(start)) == (code, True), out


@pytest.mark.parametrize("words", [("missing.zip",), ("HONEST", "--trust", "x"), ("HONEST", "--witness", KEY[:-1])])
def test_what_cannot_be_read_is_said_and_is_no_verdict(
    capsys: pytest.CaptureFixture[str], honest: str, words: tuple[str, ...]
) -> None:
    code = main([honest if word == "HONEST" else word for word in words])
    captured = capsys.readouterr()
    assert (code, captured.out, captured.err.startswith("error: ")) == (2, "", True)


def test_every_record_is_listed_when_asked_for(capsys: pytest.CaptureFixture[str], honest: str) -> None:
    _, out = said(capsys, honest, "--records")
    assert out.count(": proven  incident.opened ") == 2
