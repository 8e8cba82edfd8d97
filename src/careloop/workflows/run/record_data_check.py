"""Puts a check of a data set into the ledger: one record for its quality, one for its provenance, one for preparation.

A part that failed is recorded as well, with the instant itself as the end of what it shows: the newest word about a
data set counts, and a good one of last month does not hide a bad one of today.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from careloop.domain.data_check import DataCheck, DataFinding, DataPart
from careloop.ledger.canonical import instant_text
from careloop.ports.ledger import Actor, ActorKind, Json, Ledger, Receipt, Record, Subject
from careloop.workflows.run.release_records import derived_id, plain_text

__all__ = ["RECORD_TYPES", "record_data_check"]

_ACTOR: Final = Actor(iss="careloop", sub="care-data", kind=ActorKind.SERVICE)
RECORD_TYPES: Final = {
    DataPart.QUALITY: "dataset.quality_checked",
    DataPart.PROVENANCE: "dataset.provenance_checked",
    DataPart.PREPARATION: "dataset.preparation_checked",
}
_CONTROLS: Final = {
    DataPart.QUALITY: "iso42001:2023/A.7.4",
    DataPart.PROVENANCE: "iso42001:2023/A.7.5",
    DataPart.PREPARATION: "iso42001:2023/A.7.6",
}

_MOST: Final = 25
_LONGEST: Final = 150
"""Of findings, files and the letters of a text, so that a record stays below its 64 KiB, whatever letters they are."""


def record_data_check(check: DataCheck, ledger: Ledger, *, commit: str, now: datetime) -> tuple[Receipt, ...]:
    """Append a record for each part that the sheet speaks of, all at once, with the commit that the sheet is of."""
    records = [_record(check, part, commit, now) for part in DataPart if check.of(part)]
    return tuple(ledger.append(records, recorded_at=now))


def _record(check: DataCheck, part: DataPart, commit: str, now: datetime) -> Record:
    passed = check.passed(part)
    data: dict[str, Json] = {
        "dataset": check.dataset,
        "sheet": check.sheet,
        "path": check.path,
        "commit": commit,
        "data": dict(_files(check)),
        "passed": passed,
        "of": len(check.of(part)),
        "findings": [dict(_finding(one)) for one in _that_fit(check.of(part))],
    }
    if not passed:
        data["expires_at"] = instant_text(now)
    return Record(
        id=derived_id(int(now.timestamp() * 1000), "data", check.dataset, part.value, check.sheet, str(check.data)),
        type=RECORD_TYPES[part],
        actor=_ACTOR,
        occurred_at=now,
        data=data,
        subject=(
            Subject(name=f"datasets/{check.dataset}", digest=check.sheet),
            *((Subject(name=f"systems/{check.system}"),) if check.system else ()),
        ),
        controls=(_CONTROLS[part],),
    )


def _files(check: DataCheck) -> Iterator[tuple[str, Json]]:
    """Each file with its digest; of very many, one digest of the lines `DIGEST  NAME` of them all."""
    if len(check.data) <= _MOST:
        yield from check.data
        return
    listed = "".join(f"{digest}  {name}\n" for name, digest in check.data)
    yield f"{len(check.data)} files", f"sha256:{sha256(listed.encode(errors='surrogateescape')).hexdigest()}"


def _that_fit(found: Sequence[DataFinding]) -> Sequence[DataFinding]:
    """As many as a record can hold, those that do not pass first; `of` says how many there are."""
    return found if len(found) <= _MOST else sorted(found, key=lambda one: one.passed)[:_MOST]


def _finding(one: DataFinding) -> Iterator[tuple[str, Json]]:
    """Fractions as text, since the ledger's canonical JSON has none."""
    yield "name", plain_text(one.name)[:_LONGEST]
    yield "state", one.state.value
    if one.because:
        yield "because", plain_text(one.because)[:_LONGEST]
    if one.value is not None:
        yield "value", repr(one.value)
    if one.relation is not None and one.target is not None:
        yield "target", f"{one.relation.value} {one.target!r}"
    if one.n is not None:
        yield "n", one.n
    if one.digest is not None:
        yield "digest", one.digest
