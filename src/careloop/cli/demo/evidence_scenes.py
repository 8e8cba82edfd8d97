"""Last part of the demonstration: a flipped byte that is found, the scorecard, and the status after it all."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from careloop import wiring
from careloop.cli.demo.stage import Stage
from careloop.domain.metric import Scorecard
from careloop.domain.status import RequirementRow
from careloop.reports.ledger_report import verification_lines
from careloop.reports.scorecard_report import scorecard_lines
from careloop.workflows.evolve.compute_scorecard import Stores, compute_scorecard
from careloop.workflows.evolve.compute_status import compute_status

__all__ = ["play_evidence", "status_rows"]


def play_evidence(stage: Stage, root: Path, before: tuple[RequirementRow, ...]) -> None:
    """Verify, break a copy and verify that, print the scorecard, and compare the status with that of the beginning."""
    stage.scene("Everything decided on the way is in the ledger, and a flipped byte is found")
    stage.show(verification_lines(wiring.verify_ledger(root, None), trusted=False))
    with _copy_of_ledger(root) as copy:
        index = _flip_a_byte(copy / ".care" / "ledger.sqlite")
        stage.tell(f"In a copy, one bit of one byte of entry {index} is flipped, past every trigger of the database:")
        stage.show(verification_lines(wiring.verify_ledger(copy, None), trusted=False))
    stage.scene("The scorecard of the quarter, computed from ledger and lake")
    stage.show(scorecard_lines(_scorecard(root)))
    stage.scene("Status, before and after")
    stage.moved(before, status_rows(root))


def status_rows(root: Path) -> tuple[RequirementRow, ...]:
    """The status now, with the ledger if there is one."""
    ledger = wiring.ledger_to_read(root)
    try:
        result = compute_status(
            wiring.repository_source(root), standards=wiring.standards_library(), ledger=ledger, now=wiring.now()
        )
    finally:
        if ledger is not None:
            ledger.close()
    return result.status.requirements


def _scorecard(root: Path) -> Scorecard:
    with closing(wiring.open_ledger(root)) as ledger:
        stores = Stores(
            source=wiring.repository_source(root),
            standards=wiring.standards_library(),
            ledger=ledger,
            lake=wiring.lake_to_read(root),
        )
        return compute_scorecard(stores, now=wiring.now()).scorecard


@contextmanager
def _copy_of_ledger(root: Path) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        ignore = shutil.ignore_patterns("lake", "registry", "models", ".git", "people")
        shutil.copytree(root, copy, ignore=ignore)
        yield copy


def _flip_a_byte(database: Path) -> int:
    """Flip one bit in the middle entry's body, as somebody with the file and time could; returns its index."""
    with closing(sqlite3.connect(database)) as db:
        triggers = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in triggers:
            db.execute(f'DROP TRIGGER "{name}"')
        (size,) = db.execute("SELECT count(*) FROM entry").fetchone()
        index = size // 2
        (body,) = db.execute("SELECT body FROM entry WHERE idx = ?", (index,)).fetchone()
        spot = len(body) // 2
        altered = bytes([*body[:spot], body[spot] ^ 1, *body[spot + 1 :]])
        db.execute("UPDATE entry SET body = ? WHERE idx = ?", (altered, index))
        db.commit()
    return int(index)
