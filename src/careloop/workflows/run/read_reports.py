"""Reads what an evaluation left behind: results files of ours, and other tools' reports turned into such.

Of another tool's report the results and its digest are kept, never the report itself: prompts and answers in it may be
about people, and what the ledger holds cannot be taken back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from careloop.domain.evaluation import ExpectedResult
from careloop.domain.release import ResultsFile
from careloop.gates.from_report import Stated, read_any_results

__all__ = ["LaidResults", "read_reports", "results_bytes"]


@dataclass(frozen=True, slots=True)
class LaidResults:
    """Results as they are laid before the gate."""

    files: tuple[ResultsFile, ...]
    kept: tuple[bytes, ...]
    """The bytes of each that the ledger keeps."""


def read_reports(
    raw: Sequence[bytes], names: Sequence[str], *, system: str, expected: Sequence[ExpectedResult]
) -> LaidResults:
    """Every file; raises `InvalidInput` with file, line and field for the first that cannot be read."""
    files, kept = [], []
    for place, content in enumerate(raw):
        name = names[place] if place < len(names) else f"results {place + 1}"
        file = read_any_results(content, name, system=system, expected=expected, stated=Stated())
        files.append(file)
        taken_from = file.source.report if file.source else None
        converted = taken_from == f"sha256:{sha256(content).hexdigest()}"
        kept.append(results_bytes(file) if converted else content)
    return LaidResults(tuple(files), tuple(kept))


def results_bytes(file: ResultsFile) -> bytes:
    """A results file as it is written down."""
    return file.model_dump_json(by_alias=True, exclude_none=True).encode() + b"\n"
