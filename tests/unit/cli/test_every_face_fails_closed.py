"""Whatever raises inside a command ends with the exit code of its kind, in plain words, and never with a traceback."""

import io
import sys
from pathlib import Path

import pytest

from careloop import wiring
from careloop.cli.main import COMMANDS, run
from careloop.errors import CareloopError, Conflict, InvalidInput, NotFound, Refused, Unavailable, UsageError
from careloop.testing.source_tree_builder import small_repository, write_files
from careloop.testing.standards_fake import StandardsFake


class _Broken(io.StringIO):
    """An output that fails when somebody writes to it."""

    def __init__(self, failure: BaseException) -> None:
        super().__init__()
        self._failure = failure

    def write(self, text: str) -> int:
        raise self._failure


def _exit_code(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["care", *arguments])
    monkeypatch.delenv("CARELOOP_DEBUG", raising=False)
    with pytest.raises(SystemExit) as ended:
        run()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize("command", COMMANDS)
def test_a_crash_in_any_command_is_70_and_told_in_plain_words(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", _Broken(ArithmeticError("the paper has run out")))
    assert _exit_code(monkeypatch, command, "--help") == 70
    told = capsys.readouterr().err
    assert told.startswith("careloop crashed: ArithmeticError: the paper has run out\n")
    assert "this counts as closed" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("command", COMMANDS)
def test_stopping_any_command_is_130(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", _Broken(KeyboardInterrupt()))
    assert _exit_code(monkeypatch, command, "--help") == 130


_ERRORS: dict[type[CareloopError], int] = {
    UsageError: 2,
    InvalidInput: 2,
    NotFound: 2,
    Refused: 1,
    Conflict: 1,
    Unavailable: 1,
}


@pytest.mark.parametrize("kind", _ERRORS)
def test_an_error_of_ours_ends_with_its_own_code_and_the_next_step(
    kind: type[CareloopError], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = write_files(tmp_path, small_repository())
    failing = StandardsFake(failure=kind("odd", hint="do this"))
    monkeypatch.setattr(wiring, "standards_library", lambda: failing)
    for command in (["check"], ["status"], ["explain", "6.1.3", "--repo"]):
        assert _exit_code(monkeypatch, *command, str(folder)) == _ERRORS[kind]
        assert capsys.readouterr().err == "error: odd\n  next: do this\n"


@pytest.mark.parametrize("command", [["check"], ["status"], ["explain", "6.1.3", "--repo"]], ids=lambda words: words[0])
def test_a_crash_deep_inside_is_70_and_with_debugging_on_it_is_shown(
    command: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = write_files(tmp_path, small_repository())
    monkeypatch.setattr(wiring, "standards_library", lambda: StandardsFake(failure=ZeroDivisionError("deep inside")))
    assert _exit_code(monkeypatch, *command, str(folder)) == 70
    monkeypatch.setenv("CARELOOP_DEBUG", "1")
    with pytest.raises(ZeroDivisionError, match="deep inside"):
        run()


@pytest.mark.parametrize(
    "arguments", [["no-such-command"], ["check", "--no-such-option"], ["check", "--tier", "odd"], ["status", "a", "b"]]
)
def test_wrong_usage_is_2(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert _exit_code(monkeypatch, *arguments) == 2
