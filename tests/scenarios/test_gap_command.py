"""`care gap`, its interview, and what is wrong with a plan, through the real command (R14, R15, R88)."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from care_rooms import CARE, a_folder, care

from careloop.testing.source_tree_builder import small_repository

PHASES = "phases:\n" + "".join(
    f"  - {{phase: {phase}, owner: ai-lead, every: P3M}}\n" for phase in ("create", "adapt", "run", "evolve")
)


def owned(tmp_path: Path, **more: str) -> Path:
    """The small repository with an owner for each phase, and more documents by their path."""
    files = small_repository()
    files["care.yaml"] += PHASES.encode()
    return a_folder(tmp_path / "aims", {**files, **{path: text.encode() for path, text in more.items()}})


def test_each_format_goes_to_the_terminal_or_a_file(tmp_path: Path) -> None:
    owned(tmp_path)
    text = care("gap", "aims", "--start", "2027-01-04", "--people", "3", at=tmp_path)
    assert text.code == 0, text.err
    assert "nonconformities" in text.out.splitlines()[0]
    assert "3 people at work from 2027-01-04" in text.out
    for name, begins in (("markdown", "# Gap"), ("html", "<!doctype html>"), ("svg", "<svg")):
        told = care("gap", "aims", "--format", name, "--out", f"gap.{name}", at=tmp_path)
        assert (told.code, told.out) == (0, f"wrote gap.{name}\n")
        assert (tmp_path / f"gap.{name}").read_text(encoding="utf-8").startswith(begins)
    ElementTree.parse(tmp_path / "gap.svg")
    answer = care("gap", "aims", "--format", "json", at=tmp_path).answer
    assert {"schema", "careloop_version", "standards_digest", "commit"} <= answer.keys()
    assert answer["commit"] is None


def test_nothing_is_written_into_the_repository(tmp_path: Path) -> None:
    root = owned(tmp_path)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    care("gap", "aims", at=tmp_path)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


ROADMAP = "aims/roadmap.yaml"
FAULTS = {
    "an order that runs in a circle": (
        "actions:\n  - {id: risk.write, after: [treatment.write]}\n",
        1, f"{ROADMAP}:3:", "runs in a circle", "take one",
    ),
    "a circle that the document makes alone": (
        "actions:\n  - {id: a, title: A, owner: director, after: [b]}\n"
        "  - {id: b, title: B, owner: director, after: [a]}\n",
        2, f"{ROADMAP}:3:", "a after b after a", "take one",
    ),
    "a step without an owner": ("actions:\n  - {id: a, title: A}\n", 1, f"{ROADMAP}:3:", "names no owner", "`owner`"),
    "an owner who is no post": (
        "actions:\n  - {id: a, title: A, owner: nobody-here}\n", 1, "roles.yaml:", "no post 'nobody-here'", "holders",
    ),
    "a step that does not exist": (
        "actions:\n  - {id: risk.wriet}\n", 1, f"{ROADMAP}:3:", "no step 'risk.wriet'", "title",
    ),
    "a day that comes before what it waits for": (
        "milestones:\n  - {id: stage-1, on: 2027-01-11}\n", 1, f"{ROADMAP}:3:", "booked for 2027-01-11", "later day",
    ),
    "a misspelt key": ("actoins: []\n", 2, f"{ROADMAP}:2:", "actoins", ""),
    "days that are none": ("actions:\n  - {id: risk.write, days: -3}\n", 2, f"{ROADMAP}:3:", "", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_plan_has_its_code_place_and_remedy(name: str, tmp_path: Path) -> None:
    text, code, place, says, remedy = FAULTS[name]
    owned(tmp_path, **{ROADMAP: f"owner: ai-lead\n{text}"})
    told = care("gap", "aims", "--start", "2027-01-04", at=tmp_path)
    assert told.code == code, told.out + told.err
    (line,) = [line for line in (told.out + told.err).splitlines() if line.startswith(place) and says in line][:1]
    assert "error" in line
    assert remedy in told.out


def test_without_an_owner_of_the_phases_the_place_is_care_yaml_and_the_assessment_still_stands(tmp_path: Path) -> None:
    a_folder(tmp_path / "aims")
    told = care("gap", "aims", at=tmp_path)
    assert told.code == 1
    assert "care.yaml:1:1  error" in told.out
    assert "Missing roles" in told.out
    chart = care("gap", "aims", "--format", "svg", at=tmp_path)
    assert chart.code == 1
    assert chart.out.startswith("<svg")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--people", "0"], "0 people"),
        (["--start", "soon"], "no day"),
        (["--start", "9999-12-31"], "cannot be dated"),
        (["--answers", "a.yaml"], "--interview"),
        (["--format", "html", "--out", "no/such/folder/gap.html"], "cannot be written"),
        (["--interview"], "--answers"),
    ],
)
def test_wrong_usage_is_told_with_the_next_step(arguments: list[str], says: str, tmp_path: Path) -> None:
    owned(tmp_path)
    told = care("gap", *(["new"] if "--interview" in arguments else ["aims"]), *arguments, at=tmp_path)
    assert told.code in (1, 2)
    assert told.code == (1 if "--out" in arguments else 2)
    assert says in told.err
    assert not (tmp_path / "new" / "care.yaml").exists()


# --- the interview ----------------------------------------------------------------------------------------------------

ANSWERS = {
    "name": 'Müller "& Söhne": #1',
    "sector": "bakery",
    "country": "DE",
    "lead": "Ada Byron <ada@b.example>",
    "top": "Ben Okri",
    "systems": "Schicht-Planer, Chat Bot",
    "does": "Plans shifts of the staff from past sales.",
    "domain": "employment",
    "where": "DE, AT",
    "never": "dismissals",
    "worst": "Somebody loses hours and pay by a wrong forecast.",
}


def interviewed(tmp_path: Path, answers: dict[str, str]) -> Path:
    (tmp_path / "answers.yaml").write_text(yaml.safe_dump(answers, allow_unicode=True), encoding="utf-8")
    told = care("gap", "new", "--interview", "--answers", "answers.yaml", at=tmp_path)
    assert told.code in (0, 1), told.out + told.err
    return tmp_path / "new"


def test_from_answers_comes_a_repository_that_passes_its_check_and_a_gap_assessment(tmp_path: Path) -> None:
    root = interviewed(tmp_path, ANSWERS)
    checked = care("check", "new", at=tmp_path)
    assert checked.code == 0, checked.out
    assert yaml.safe_load((root / "care.yaml").read_text(encoding="utf-8"))["organisation"]["name"] == ANSWERS["name"]
    answer = care("gap", "new", "--format", "json", at=tmp_path).answer
    assert [system["id"] for system in answer["systems_first"]] == ["chat-bot", "schicht-planer"]
    assert answer["problems"] == []
    assert {item["title"] for item in answer["missing"]} >= {"Legal", "AI charter"}


def test_the_default_of_every_question_gives_a_repository_that_passes_and_lacks_owners(tmp_path: Path) -> None:
    interviewed(tmp_path, {})
    assert care("check", "new", at=tmp_path).code == 0
    told = care("gap", "new", at=tmp_path)
    assert told.code == 1
    assert "nobody holds the post 'responsible-ai-lead'" in told.out


def test_what_the_interview_could_not_know_stands_in_the_baseline_with_an_end(tmp_path: Path) -> None:
    root = interviewed(tmp_path, ANSWERS)
    items = yaml.safe_load((root / "baseline.yaml").read_text())["items"]
    assert "card-present" in {item["rule"] for item in items}
    later = care("check", "new", "--on", "2099-01-01", at=tmp_path)
    assert later.code == 1


def test_a_repository_that_was_there_is_left_alone(tmp_path: Path) -> None:
    care("init", "new", "--owner", "Ada <ada@b.example>", at=tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "new").rglob("*.yaml")}
    (tmp_path / "answers.yaml").write_text("name: x\n")
    told = care("gap", "new", "--interview", "--answers", "answers.yaml", at=tmp_path)
    assert told.code == 1
    assert "a governance repository already" in told.err
    assert {path: path.read_bytes() for path in (tmp_path / "new").rglob("*.yaml")} == before


def test_answers_that_are_none_are_refused_by_their_question(tmp_path: Path) -> None:
    (tmp_path / "answers.yaml").write_text("country: Germany\n")
    told = care("gap", "new", "--interview", "--answers", "answers.yaml", at=tmp_path)
    assert told.code == 2
    assert "'Germany' does not answer `country`" in told.err


def test_a_document_that_somebody_changed_meanwhile_is_kept(tmp_path: Path) -> None:
    root = interviewed(tmp_path, ANSWERS)
    (root / "roles.yaml").write_text((root / "roles.yaml").read_text() + "# mine\n")
    told = care("gap", "new", "--interview", "--answers", "answers.yaml", at=tmp_path)
    assert told.code in (0, 1)
    assert (root / "roles.yaml").read_text().endswith("# mine\n")


# --- on a terminal ----------------------------------------------------------------------------------------------------


def on_a_terminal(tmp_path: Path, keys: bytes, *, stop_at: bytes | None = None) -> tuple[int, str]:
    """Run the interview at a pseudo-terminal with these keys pressed; interrupt it once it shows `stop_at`."""
    (tmp_path / ".home").mkdir(exist_ok=True)
    ours, theirs = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / ".home"), "LC_ALL": "C.UTF-8", "TERM": "dumb"}
    command = [str(CARE), "gap", "new", "--interview"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, keys)
    said = b""
    with contextlib.suppress(OSError):  # how the end of a pseudo-terminal reads
        while select.select([ours], [], [], 60)[0] and (part := os.read(ours, 65536)):
            said += part
            if stop_at is not None and stop_at in said:
                process.send_signal(signal.SIGINT)
                stop_at = None
    os.close(ours)
    try:
        return process.wait(timeout=60), said.decode(errors="replace")
    finally:
        process.kill()


def test_an_interrupted_interview_keeps_what_was_answered_and_goes_on_there(tmp_path: Path) -> None:
    code, said = on_a_terminal(tmp_path, b"Harbour Books\nbookshop\nIreland\nIE\n", stop_at=b"[4/25]")
    assert code == 130, said
    assert "[1/25] What is the organisation called?" in said
    assert "write the two letters" in said, "a wrong answer is asked again"
    assert "kept: run `care gap new --interview` again" in said.replace("\r", "")
    code, said = on_a_terminal(tmp_path, b"Ada Byron <ada@harbour.example>\nBen Okri\n" + b"\n" * 7)
    assert code == 0, said
    assert "3 are answered" in said
    assert "[4/25] Who looks after AI governance?" in said
    assert "[12/25]" in said
    assert "[13/" not in said, "without a system the questions about one are left out"
    assert "bookshop" in (tmp_path / "new" / "care.yaml").read_text()
    assert care("check", "new", at=tmp_path).code == 0
