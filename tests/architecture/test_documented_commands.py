"""What README and docs/ show is run: each `$ care ...` in a fenced block ends as it says and prints what it shows.

A block marked `console` or `bash` holds lines that begin with `$ `. Those that begin with a word of RUN are run, in
order, in one copy of the examples for the whole document, beside real tools' reports in `reports`; others
(`$ make setup`) are for the reader. A command ends with 0 unless the line says otherwise:
`$ care check broken  # exit 2`. Lines below a command are what it prints, in order and not necessarily all of it; `...`
or `…` in a line stands for any text, and a line of dots for any lines. A block marked `python` is one script; what it
prints stands in its lines that begin with `#> `.
A block marked with a file, as ```yaml file=care.yaml, is written there before what stands below it is run.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from project_files import ROOT, name_of

from careloop.cli.main import COMMANDS

RUN = {"care", "care-verify", "cat", "cd", "cp", "echo", "git", "ls", "mkdir", "mv", "printf", "python", "rm", "sed"}
DOCUMENTS = sorted(path for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")) if path.is_file())
BLOCK = re.compile(r"^( *)```(console|bash|python|[a-z]+ file=\S+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
EXIT = re.compile(r"\s+#.*?\bexits? (\d+)\b.*$")


@dataclass(frozen=True)
class Shown:
    """A command as a document shows it."""

    line: str
    exit_code: int
    output: tuple[str, ...]


@dataclass(frozen=True)
class Written:
    """A file that a document tells its reader to write."""

    path: str
    text: str


def _steps(text: str) -> Iterator[Shown | Written]:
    for indent, language, body in BLOCK.findall(text):
        if " file=" in language:
            yield Written(language.partition(" file=")[2], re.sub(rf"^{indent}", "", body, flags=re.MULTILINE))
            continue
        if language == "python":
            prints = tuple(row[3:] for row in body.splitlines() if row.startswith("#> "))
            yield Shown(f"python -c {shlex.quote(body)}", 0, prints)
            continue
        for part in re.split(r"^\$ ", re.sub(rf"^{indent}", "", body, flags=re.MULTILINE), flags=re.MULTILINE)[1:]:
            line, *output = part.rstrip("\n").split("\n")
            while line.endswith("\\"):
                line = line[:-1] + output.pop(0)
            said = EXIT.search(line)
            yield Shown(
                re.sub(r"\s+#.*$", "", line),
                int(said.group(1)) if said else 0,
                tuple(row for row in output if row.strip()),
            )


def _shown(text: str) -> Iterator[Shown]:
    return (step for step in _steps(text) if isinstance(step, Shown))


def _matches(shown: tuple[str, ...], printed: list[str]) -> str | None:
    """The first shown line that does not follow in what was printed; null when all do."""
    rest = iter(printed)
    for line in shown:
        if line.strip() in ("...", "…"):
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in re.split(r"\.\.\.|…", line.rstrip())))
        if not any(pattern.fullmatch(candidate.rstrip()) for candidate in rest):
            return line
    return None


def _environment(home: Path) -> dict[str, str]:
    author = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _ADA.items()}
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "CARELOOP_CACHE": str(home / "cache"),
        "NO_COLOR": "1",
        "COLUMNS": "120",
        "LANG": "C.UTF-8",
        **author,
    }


_ADA = {"NAME": "Ada Example", "EMAIL": "ada@example.org"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_what_a_document_shows_is_what_happens(document: Path, tmp_path: Path) -> None:
    folder, home = tmp_path / "project", tmp_path / "home"
    home.mkdir()
    folder.mkdir()
    shutil.copytree(ROOT / "examples", folder / "examples")
    shutil.copytree(ROOT / "tests" / "golden" / "tool_reports", folder / "reports")
    for shown in _steps(document.read_text(encoding="utf-8")):
        if isinstance(shown, Written):
            (folder / shown.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / shown.path).write_text(shown.text, encoding="utf-8")
            continue
        words = shlex.split(shown.line)
        if words[0] not in RUN:
            continue
        if words[0] == "cd":
            folder = (folder / words[1]).resolve()
            continue
        run = subprocess.run(
            ["bash", "-c", shown.line], cwd=folder, env=_environment(home), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert run.returncode == shown.exit_code, f"$ {shown.line}\n{run.stdout}"
        assert _matches(shown.output, run.stdout.splitlines()) is None, f"$ {shown.line}\n{run.stdout}"


def test_every_command_is_shown_at_work() -> None:
    lines = [shown.line.split() for path in DOCUMENTS for shown in _shown(path.read_text(encoding="utf-8"))]
    assert set(COMMANDS) - {words[1] for words in lines if words[0] == "care" and len(words) > 1} == set()


def test_a_shown_line_that_is_not_printed_is_found() -> None:
    assert (
        _matches(("1 finding (1 must) in … documents, ... s",), ["x", "1 finding (1 must) in 214 documents, 0.4 s"])
        is None
    )
    assert _matches(("b", "a"), ["a", "b"]) == "a"


def test_a_file_that_a_document_shows_is_taken_as_it_stands() -> None:
    text = "1. Write:\n\n   ```yaml file=a/b.yaml\n   key:\n     - 1\n   ```\n\n```console\n$ cat a/b.yaml\nkey:\n```\n"
    assert list(_steps(text)) == [Written("a/b.yaml", "key:\n  - 1\n"), Shown("cat a/b.yaml", 0, ("key:",))]
