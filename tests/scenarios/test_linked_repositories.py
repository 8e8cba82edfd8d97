"""Two repositories on real git (R39, R81; SEMANTICS 9, 10): code is checked against governance elsewhere."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from care_rooms import FIRST_DAY, care

from careloop.testing.git_folder import GitFolder
from careloop.testing.source_tree_builder import small_repository, with_file, write_files

ROOT = Path(__file__).parents[2]
ACME = ROOT / "examples" / "acme"
CREDIT = "systems/credit-decision"
LINK = """\
governance: ../aims@main
system: credit-decision
watch: ["models/**", params.yaml]
card: ./MODEL_CARD.md
"""
DAYS = [FIRST_DAY + timedelta(days=number) for number in range(9)]


def two_repositories(at: Path, link: str = LINK, *, without: str = "none") -> GitFolder:
    """Acme's governance in one repository, and the credit model's code with its card in another."""
    aims = {p.relative_to(ACME).as_posix(): p.read_bytes() for p in ACME.rglob("*") if p.suffix in (".yaml", ".md")}
    card = aims.pop(f"{CREDIT}/card.md")
    aims = {path: raw for path, raw in aims.items() if not path.startswith(without)}
    GitFolder.holding(at / "aims", aims, at=DAYS[0])
    files = {"careloop.link.yaml": link.encode(), "MODEL_CARD.md": card, "models/w.bin": b"1", "src/train.py": b"1\n"}
    return GitFolder.holding(at / "code", files, at=DAYS[1])


def of_last_commit(at: Path, *arguments: str) -> tuple[int, list[tuple[str, str]]]:
    """Exit code of the check of the last commit, and rule and file of each finding that blocks."""
    told = care("check", "code", "--diff", "HEAD~1..HEAD", "--format", "json", *arguments, at=at)
    blocking = [one for one in told.answer["findings"] + told.answer["errors"] if one["blocking"]]
    return told.code, [(one["rule"], one["file"]) for one in blocking]


def test_the_card_beside_the_code_is_the_systems_card_and_the_commit_is_pinned(tmp_path: Path) -> None:
    two_repositories(tmp_path)
    told = care("check", "code", "--format", "json", at=tmp_path)
    assert (told.code, told.answer["findings"]) == (0, [])
    pin = told.answer["governance"]
    assert (pin["url"], pin["ref"], pin["fetched"], len(pin["commit"])) == ("../aims", "main", True, 40)


def test_a_model_that_changes_with_its_card_and_risks_in_place_passes(tmp_path: Path) -> None:
    code = two_repositories(tmp_path)
    code.write("models/w.bin", b"2")
    code.commit(DAYS[2])
    assert of_last_commit(tmp_path) == (0, [])


@pytest.mark.parametrize("what", ["deleted", "renamed", "a placeholder"])
def test_a_model_that_changes_while_its_card_goes_fails_the_pull_request(tmp_path: Path, what: str) -> None:
    code = two_repositories(tmp_path)
    code.write("models/w.bin", b"2")
    card = (code.folder / "MODEL_CARD.md").read_bytes()
    code.delete("MODEL_CARD.md")
    if what == "renamed":
        code.write("CARD.md", card)
    if what == "a placeholder":
        head, _, rest = card.partition(b"### Out-of-Scope Use\n")
        code.write("MODEL_CARD.md", head + b"### Out-of-Scope Use\n\nTODO\n\n" + rest[rest.index(b"\n## ") :])
    code.commit(DAYS[2])
    exit_code, blocking = of_last_commit(tmp_path)
    assert exit_code == 1
    assert ("artefact-covered", "models/w.bin") in blocking


def test_code_that_nobody_watches_fails_nothing_even_where_the_card_was_bad_before(tmp_path: Path) -> None:
    code = two_repositories(tmp_path)
    code.delete("MODEL_CARD.md")
    code.commit(DAYS[2])
    code.write("src/train.py", b"2\n")
    code.commit(DAYS[3])
    exit_code, blocking = of_last_commit(tmp_path)
    assert (exit_code, blocking) == (0, [])
    assert "(was there before)" in care("check", "code", "--diff", "HEAD~1..HEAD", at=tmp_path).out


def test_a_change_that_stops_watching_does_not_escape_the_check(tmp_path: Path) -> None:
    code = two_repositories(tmp_path)
    code.delete("MODEL_CARD.md")
    code.commit(DAYS[2])
    code.write("careloop.link.yaml", LINK.replace('"models/**", ', "").encode())
    code.write("models/w.bin", b"2")
    code.commit(DAYS[3])
    assert ("artefact-covered", "models/w.bin") in of_last_commit(tmp_path)[1]


def test_without_a_recorded_risk_a_changed_model_fails(tmp_path: Path) -> None:
    code = two_repositories(tmp_path, without="risk/register/credit-")
    code.write("params.yaml", b"depth: 3\n")
    code.commit(DAYS[4])
    told = care("check", "code", "--diff", "HEAD~1..HEAD", at=tmp_path)
    assert told.code == 1
    assert (
        "params.yaml:1:1  must  credit-decision changes here, and its model card MODEL_CARD.md is not valid" in told.out
    )
    assert "and no risk of it is recorded" in told.out


def test_offline_the_pinned_copy_counts_and_is_named(tmp_path: Path) -> None:
    two_repositories(tmp_path)
    care("check", "code", at=tmp_path)
    shutil.move(tmp_path / "aims", tmp_path / "gone")
    told = care("check", "code", at=tmp_path)
    assert told.code == 0
    assert told.out.startswith("governed by ../aims@main as of ")
    assert care("check", "code", "--offline", "--format", "json", at=tmp_path).answer["governance"]["fetched"] is False


def test_governance_that_was_never_reached_is_a_clear_error(tmp_path: Path) -> None:
    two_repositories(tmp_path)
    shutil.rmtree(tmp_path / "aims")
    told = care("check", "code", at=tmp_path)
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith(
        "error: the governance repository ../aims@main is out of reach, and no copy of it was kept"
    )


@pytest.mark.parametrize(
    ("link", "says"),
    [
        (LINK.replace("../aims@main", "https://code.example/aims.git"), "names no branch, tag or commit"),
        (LINK.replace("watch:", "wach:"), "careloop.link.yaml:3: the key 'wach' is not known here; did you mean"),
        (LINK.replace("./MODEL_CARD.md", "../aims/card.md"), "is not a path below the link"),
        ("governance: [", "careloop.link.yaml:2: did not find"),
    ],
)
def test_a_link_that_is_wrong_is_told_with_its_line(tmp_path: Path, link: str, says: str) -> None:
    two_repositories(tmp_path, link)
    told = care("check", "code", at=tmp_path)
    assert (told.code, told.out) == (2, "")
    assert says in told.err


def test_a_system_that_governance_does_not_know_is_found_at_the_link(tmp_path: Path) -> None:
    two_repositories(tmp_path, LINK.replace("credit-decision", "credit-guess").replace("card: ./MODEL_CARD.md\n", ""))
    told = care("check", "code", at=tmp_path)
    assert told.code == 1
    assert "careloop.link.yaml:1:1  must  there is no system 'credit-guess' in the inventory" in told.out


def test_what_is_wrong_with_other_systems_is_not_the_codes_affair(tmp_path: Path) -> None:
    two_repositories(tmp_path, without="systems/product-recommender/card.md")
    assert care("check", "code", at=tmp_path).code == 0


# --- one repository, and several in one -------------------------------------------------------------------------------


def test_in_a_monorepo_the_link_names_a_folder_beside_it(tmp_path: Path) -> None:
    aims = {p.relative_to(ACME).as_posix(): p.read_bytes() for p in ACME.rglob("*") if p.suffix in (".yaml", ".md")}
    card = aims.pop(f"{CREDIT}/card.md")
    whole = {f"governance/{path}": raw for path, raw in aims.items()}
    link = LINK.replace("../aims@main", "../../governance").encode()
    service = {"careloop.link.yaml": link, "MODEL_CARD.md": card, "models/w.bin": b"1"}
    whole |= {f"services/credit/{path}": raw for path, raw in service.items()}
    code = GitFolder.holding(tmp_path / "all", whole, at=DAYS[0])
    code.write("services/credit/models/w.bin", b"2")
    code.commit(DAYS[1])
    assert care("check", "all/services/credit", "--diff", "HEAD~1..HEAD", at=tmp_path).code == 0
    code.delete("services/credit/MODEL_CARD.md")
    code.write("services/credit/models/w.bin", b"3")
    code.commit(DAYS[2])
    told = care("check", "--diff", "HEAD~1..HEAD", at=tmp_path / "all" / "services" / "credit" / "models")
    assert told.code == 1
    assert "models/w.bin:1:1  must  credit-decision changes here" in told.out


def test_in_one_repository_the_systems_own_artefacts_are_watched(tmp_path: Path) -> None:
    files = {p.relative_to(ACME).as_posix(): p.read_bytes() for p in ACME.rglob("*") if p.suffix in (".yaml", ".md")}
    code = GitFolder.holding(tmp_path / "code", {**files, "models/credit-decision/w.bin": b"1"}, at=DAYS[0])
    code.write("models/credit-decision/w.bin", b"2")
    code.commit(DAYS[1])
    assert of_last_commit(tmp_path) == (0, [])
    code.write("models/credit-decision/w.bin", b"3")
    code.delete(f"{CREDIT}/card.md")
    code.commit(DAYS[2])
    assert ("artefact-covered", "models/credit-decision/w.bin") in of_last_commit(tmp_path)[1]


def test_a_comment_for_a_pull_request_says_what_to_mend_where(tmp_path: Path) -> None:
    code = two_repositories(tmp_path)
    code.write("models/w.bin", b"2")
    code.delete("MODEL_CARD.md")
    code.commit(DAYS[2])
    told = care("check", "code", "--diff", "HEAD~1..HEAD", "--format", "markdown", at=tmp_path)
    assert told.code == 1
    lines = told.out.splitlines()
    assert lines[0] == "<!-- careloop:check -->"
    assert lines[1] == "### care check: 3 to mend before this can be merged"
    assert any(line.startswith("| `models/w.bin:1` | credit-decision changes here") for line in lines)
    assert "governed by ../aims" in lines[-1]


def test_a_comment_cannot_be_taken_over_by_what_stands_in_a_document(tmp_path: Path) -> None:
    odd = 'id: odd\ntitle: "a | <img src=x> @everyone [x](y)"\n'
    write_files(
        tmp_path / "shop", with_file(small_repository(), "laws/odd.yaml", odd.replace("title", "ti<b>@all|tle"))
    )
    told = care("check", "shop", "--format", "markdown", at=tmp_path)
    assert told.code == 2
    assert "<b>" not in told.out
    assert "@all" not in told.out
