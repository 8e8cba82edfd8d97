"""Bad input through the real command: each mistake has its code, its place, its exit code, and no traceback."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from careloop.testing.source_tree_builder import SMALL_REPOSITORY

CARE = Path(sys.executable).with_name("care")
Edit = Callable[[Path], None]


def small(root: Path) -> Path:
    for path, text in SMALL_REPOSITORY.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    return root


def care(root: Path, *more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CARELOOP_CACHE": str(root / ".care" / "cache"), "NO_COLOR": "1"}
    environment.pop("CARELOOP_DEBUG", None)
    command = [str(CARE), "check", str(root), *more]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, check=False, stdin=subprocess.DEVNULL
    )


def checked(root: Path) -> dict[str, Any]:
    done = care(root, "--format", "json")
    assert "Traceback" not in done.stderr, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["summary"]["exit_code"] == done.returncode
    return answer


def swap(path: str, old: str, new: str) -> Edit:
    def edit(root: Path) -> None:
        text = (root / path).read_text(encoding="utf-8")
        assert old in text, f"{path} no longer holds {old!r}"
        (root / path).write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


def write(path: str, raw: bytes) -> Edit:
    def edit(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(raw)

    return edit


def _bomb() -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    return "\n".join(lines).encode()


def rule(require: str) -> bytes:
    return f"""\
rules:
  - id: local-rule
    sentence: A system has somebody who uses it.
    subject: system
    moment: change
    require: {require}
    severity: must
    remedy: name the users
""".encode()


def _linked_out(root: Path) -> None:
    outside = root.parent / "outside.md"
    outside.write_text("---\nid: x\n---\n", encoding="utf-8")
    (root / "policies" / "outside.md").symlink_to(outside)


@dataclass(frozen=True)
class Mistake:
    """An edit of a sound repository, and what must be said about it."""

    edit: Edit
    code: str
    file: str
    exit_code: int
    line: int | None = None
    says: str = ""


ROLES = "roles.yaml"
MISTAKES = {
    "broken YAML": Mistake(write("laws/x.yaml", b"id: [a,\n"), "yaml-syntax", "laws/x.yaml", 2, 2),
    "a tab in the indent": Mistake(write("laws/x.yaml", b"id:\n\tx: 1\n"), "yaml-syntax", "laws/x.yaml", 2, 2),
    "two documents in a file": Mistake(
        write("laws/x.yaml", b"id: a\n---\nid: b\n"), "yaml-syntax", "laws/x.yaml", 2, 3
    ),
    "nested too deeply": Mistake(write("laws/x.yaml", b"id: " + b"[" * 5000), "yaml-syntax", "laws/x.yaml", 2, 1),
    "an unknown key": Mistake(swap("care.yaml", "owner:", "ownr:"), "unknown-key", "care.yaml", 2, says="'owner'"),
    "a missing key": Mistake(swap("care.yaml", "  country: IE\n", ""), "missing-key", "care.yaml", 2, 2, "country"),
    "a wrong type": Mistake(
        swap("care.yaml", "  country: IE", "  country: 3"), "wrong-type", "care.yaml", 2, 5, "text"
    ),
    "a key twice": Mistake(swap(ROLES, "owner: ai-lead", "owner: ai-lead\nowner: x"), "duplicate-key", ROLES, 2, 2),
    "an id twice": Mistake(swap(ROLES, "id: ben-okri", "id: ada-byron"), "duplicate-id", ROLES, 2, says="ada-byron"),
    "an empty file": Mistake(write("controls.yaml", b"# nothing yet\n"), "empty-file", "controls.yaml", 2, 1),
    "fifty megabytes": Mistake(write("controls.yaml", b"#" * 50_000_000), "too-large", "controls.yaml", 2, 1),
    "a bomb of aliases": Mistake(write("controls.yaml", _bomb()), "alias-bomb", "controls.yaml", 2, 1),
    "no UTF-8": Mistake(
        write("controls.yaml", b"owner: ai-lead\nversion: '\xff'\n"), "not-utf8", "controls.yaml", 2, 2
    ),
    "a bad date": Mistake(swap(ROLES, "2026-03-02", "2026-02-30"), "bad-date", ROLES, 2, 2, "2026-02-30"),
    "NaN": Mistake(write("controls.yaml", b"owner: ai-lead\nversion: .nan\n"), "not-a-number", "controls.yaml", 2, 2),
    "a rule about no field": Mistake(
        write("rules/x.yaml", rule("system.teir >= tiers.low")), "rule-expression", "rules/x.yaml", 2, 6, "tier"
    ),
    "an id without edition": Mistake(
        swap("care.yaml", "iso42001:2023", "iso42001"), "unversioned-id", "care.yaml", 2, says="edition"
    ),
    "no rule pack at all": Mistake(
        swap("care.yaml", "rule_packs: [careloop/base@1]", "rule_packs: []"),
        "no-rule-pack",
        "care.yaml",
        2,
        says="rule pack",
    ),
    "a root file with another ending": Mistake(
        write("controls.yml", b"owner: ai-lead\n"), "document-placed", "controls.yml", 1, 1, "controls.yaml"
    ),
    "a dangling reference": Mistake(
        swap("care.yaml", "owner: ai-lead", "owner: ai-leed"), "reference-exists", "care.yaml", 1, 6, "'ai-lead'"
    ),
    "a link out of the tree": Mistake(_linked_out, "link-inside", "policies/outside.md", 1),
    "all() over what may be empty": Mistake(
        write("rules/x.yaml", rule("system.users.all(u, u != 'nobody')")), "size-guard", "rules/x.yaml", 1, 6
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_code_and_place(name: str, tmp_path: Path) -> None:
    mistake = MISTAKES[name]
    root = small(tmp_path / "repository")
    mistake.edit(root)
    answer = checked(root)
    told = answer["errors"] if mistake.exit_code == 2 else answer["findings"]
    found = [one for one in told if one["rule"] == mistake.code and one["file"] == mistake.file]
    assert found, told
    assert answer["summary"]["exit_code"] == mistake.exit_code
    assert mistake.line is None or mistake.line in [one["line"] for one in found]
    assert any(mistake.says in one["message"] for one in found), [one["message"] for one in found]
    assert all(one["column"] >= 1 and one["blocking"] for one in found)


def test_the_place_of_an_unknown_field_is_its_column_in_the_file(tmp_path: Path) -> None:
    root = small(tmp_path / "repository")
    write("rules/x.yaml", rule("size(system.users) > 0 && system.teir >= tiers.low"))(root)
    (error,) = [one for one in checked(root)["errors"] if one["rule"] == "rule-expression"]
    line = (root / "rules/x.yaml").read_text(encoding="utf-8").split("\n")[error["line"] - 1]
    assert line[error["column"] - 1 :].startswith("teir")


@pytest.mark.parametrize("change", [lambda raw: raw.replace(b"\n", b"\r\n"), lambda raw: b"\xef\xbb\xbf" + raw])
def test_line_ends_of_windows_and_a_byte_order_mark_are_accepted(
    change: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    root = small(tmp_path / "repository")
    for path in SMALL_REPOSITORY:
        (root / path).write_bytes(change((root / path).read_bytes()))
    answer = checked(root)
    assert (answer["errors"], answer["findings"]) == ([], [])
    assert answer["summary"]["documents"] == len(SMALL_REPOSITORY)


def test_everything_wrong_is_told_at_once_and_what_cannot_be_read_wins(tmp_path: Path) -> None:
    root = small(tmp_path / "repository")
    swap(ROLES, "2026-03-02", "2026-13-01")(root)
    swap(ROLES, "title: Director", "titel: Director")(root)
    swap("policies/ai-policy.md", "approvers: [director]", "approvers: [nobody]")(root)
    write("systems/x/monitor.yaml", b"monitors: []\n")(root)
    answer = checked(root)
    assert {"bad-date", "unknown-key", "missing-key"} <= {one["rule"] for one in answer["errors"]}
    assert "document-placed" in {one["rule"] for one in answer["findings"]}
    assert "reference-exists" not in {one["rule"] for one in answer["findings"]}, (
        "roles.yaml is unreadable: nobody knows"
    )
    assert answer["summary"]["exit_code"] == 2
    text = care(root)
    assert text.returncode == 2
    assert all(code in text.stdout for code in ("[bad-date]", "[unknown-key]", "[document-placed]"))


def test_a_folder_without_a_repository_is_named_and_the_next_step_told(tmp_path: Path) -> None:
    done = care(tmp_path)
    assert done.returncode == 2
    assert "there is no care.yaml here" in done.stdout
    assert "care init" in done.stdout
