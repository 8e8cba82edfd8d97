"""The provenance of a data set verified step by step: every digest computed again, every link followed (A.7.5; R58)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from careloop.domain.data_check import CheckState, DataFinding, DataPart
from careloop.domain.dataset import Dataset, ProvenanceStep
from careloop.domain.repository import Document, Repository
from careloop.errors import CareloopError
from careloop.ports.data_files import DataFiles

__all__ = ["verify_provenance"]

_SHORT = 19


def verify_provenance(
    sheet: Document, dataset: Dataset, repository: Repository, files: DataFiles, data: Mapping[str, str]
) -> Iterator[DataFinding]:
    """A finding for each step, and one for whether the rows that were measured are what a step made.

    `data` are the files that were measured, with their digests.
    """
    elsewhere = {
        step.digest: other.id
        for document, other in repository.all(Dataset)
        if document.path != sheet.path
        for step in other.provenance
        if step.digest
    }
    made: set[str] = set()
    for step in dataset.provenance:
        yield _step(step, made | elsewhere.keys(), files, data)
        if step.digest:
            made.add(step.digest)
    if not dataset.provenance:
        yield DataFinding(
            part=DataPart.PROVENANCE,
            name="provenance",
            state=CheckState.UNTOLD,
            because="the sheet names no step, so nobody can tell where the data comes from",
            remedy="list `provenance` with step, by, on, takes, digest and file",
        )
        return
    for name, digest in data.items():
        yield _measured(name, digest, made)


def _step(step: ProvenanceStep, known: set[str], files: DataFiles, data: Mapping[str, str]) -> DataFinding:
    finding = partial(DataFinding, part=DataPart.PROVENANCE, name=step.step, digest=step.digest)
    lost = [taken for taken in step.takes if taken not in known]
    if lost:
        because = f"it takes {lost[0][:_SHORT]}…, which no step before it made"
        return finding(state=CheckState.FAILED, because=because, remedy="record the step that made it")
    if step.digest is None:
        because = "it says no digest of what came out, so the chain breaks here"
        return finding(
            state=CheckState.FAILED, because=because, remedy="add `digest: sha256:…` of the file that it made"
        )
    if step.file is None:
        name = next((name for name, digest in data.items() if digest == step.digest), None)
        if name is not None:
            return finding(state=CheckState.PASSED, because=f"{name} has this digest")
        because = "it does not say which file it made, so its digest cannot be verified"
        return finding(
            state=CheckState.UNTOLD, because=because, remedy="add `file`, relative to the folder of the data"
        )
    return _verified(step, step.file, files, finding)


def _verified(step: ProvenanceStep, file: str, files: DataFiles, finding: partial[DataFinding]) -> DataFinding:
    try:
        digest = files.digest(file)
    except CareloopError as error:
        return finding(state=CheckState.UNTOLD, because=error.message, remedy="say where the files lie: --files DIR")
    if digest == step.digest:
        return finding(state=CheckState.PASSED, because=f"{file} has this digest")
    because = f"{file} has {digest[:_SHORT]}…, and the step made {str(step.digest)[:_SHORT]}…"
    remedy = "find out what changed the file; a step of its own records a change that was meant"
    return finding(state=CheckState.FAILED, because=because, remedy=remedy)


def _measured(name: str, digest: str, made: set[str]) -> DataFinding:
    finding = partial(DataFinding, part=DataPart.PROVENANCE, name=f"the rows in {name}", digest=digest)
    if digest in made:
        return finding(state=CheckState.PASSED, because="a step of the sheet made them")
    because = f"they have {digest[:_SHORT]}…, which no step of the sheet made"
    return finding(state=CheckState.FAILED, because=because, remedy="record the step that made them, with its digest")
