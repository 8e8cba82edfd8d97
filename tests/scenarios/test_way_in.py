"""An existing repository gets to its first useful comment on a pull request, with no file written by hand (R80)."""

from __future__ import annotations

import shutil
import time
from datetime import timedelta
from pathlib import Path

from care_rooms import FIRST_DAY, Said, care

from careloop.testing.git_folder import GitFolder
from careloop.testing.source_tree_builder import write_files

GOLDEN = Path(__file__).parents[1] / "golden" / "mlflow"
PROJECT = {
    "src/train.py": b"from sklearn.linear_model import LogisticRegression\n",
    "models/credit-scoring/model.joblib": b"first weights",
    "README.md": b"# Lending\n",
}
MOST_BY_HAND = 2
MOST_SECONDS = 15 * 60


def files_in(folder: Path) -> set[str]:
    """Files of the project; those of git, of the test's home and local state that git passes over are left out."""
    found = (path for path in folder.rglob("*") if path.is_file())
    paths = {path.relative_to(folder).as_posix() for path in found}
    return {path for path in paths if not path.startswith((".git/", ".home/", ".care/"))}


def test_an_existing_repository_gets_a_useful_comment_with_at_most_two_files_by_hand(tmp_path: Path) -> None:
    started = time.monotonic()
    write_files(tmp_path, PROJECT)
    shutil.copytree(GOLDEN / "mlruns", tmp_path / "mlruns")
    project = GitFolder(tmp_path)
    project.commit(FIRST_DAY)
    before = files_in(tmp_path)

    typed: list[tuple[str, ...]] = []

    def type_in(*words: str) -> Said:
        typed.append(words)
        return care(*words, at=tmp_path)

    made = type_in("init", ".", "--owner", "Ada Byron <ada@harbour.example>")
    assert made.code == 0, made.err
    adopted = type_in("adopt", ".", "--from", "mlflow")
    assert adopted.code == 0, adopted.err
    assert type_in("check").code == 0, "drafts pass"
    shutil.rmtree(tmp_path / ".home")
    project.commit(FIRST_DAY + timedelta(days=1))

    project.write("models/credit-scoring/model.joblib", b"second weights")
    project.commit(FIRST_DAY + timedelta(days=2))
    comment = type_in("check", "--diff", "HEAD~1..HEAD", "--format", "markdown")
    assert [words[0] for words in typed] == ["init", "adopt", "check", "check"], "four commands, beside git's own"

    assert comment.code == 1
    assert "### care check: 1 to mend before this can be merged" in comment.out
    (row,) = [line for line in comment.out.splitlines() if line.startswith("| `models/credit-scoring/model.joblib:1`")]
    assert "credit-scoring changes here, and its model card systems/credit-scoring/card.md is not valid" in row
    assert "and no risk of it is recorded" in row
    by_command = {
        line.strip().removeprefix("wrote ") for line in (made.out + adopted.out).splitlines() if "wrote " in line
    }
    by_hand = files_in(tmp_path) - before - by_command
    assert len(by_hand) <= MOST_BY_HAND
    assert by_hand == set(), "nothing at all was written by hand"
    assert time.monotonic() - started < MOST_SECONDS
