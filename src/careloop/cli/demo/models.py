"""The four models of the demonstration: real ones, trained by scikit-learn on the census extract.

All are logistic regressions on declared inputs with one threshold for everyone. They differ in how they are made:

- `FIRST` and `FAIR` are *levelled*: only directions count in which women and men, and people of different age, are the
  same on average. The threshold is the highest that treats the groups alike, judged on rows held back from fitting.
- `BIASED` is what one gets without thinking about it: fitted to the label, cut at one half.
- `BAD` is `FAIR` trained again, with a mistake that no error message reports: the table of attributes was sorted anew
  and is joined by position, so that levelling and the choice of the threshold look at other people's sex and age.

A model is saved as one joblib file, made of scikit-learn's own classes alone, and a JSON file with what a release lock
names beside it: inputs in order, threshold, words of the answers, and digests of the training code and rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from careloop.cli.demo import adult
from careloop.cli.demo.adult import CATEGORIES, FEATURES, Applicant, age_band, rows_digest
from careloop.domain.counts import Tally
from careloop.domain.event import Scalar
from careloop.domain.measured import Outcome
from careloop.errors import InvalidInput, NotFound, Unavailable
from careloop.measures.noninferiority import judge_impact_ratio

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

__all__ = [
    "APPROVE",
    "BAD",
    "BIASED",
    "FAIR",
    "FIRST",
    "NEXT",
    "PARAMETERS",
    "REFER",
    "WEIGHTS",
    "CreditModel",
    "Recipe",
    "TrainingRows",
    "approvals_by",
    "fitting_rows",
    "load_model",
    "save_model",
    "train",
]

APPROVE: Final = "approve"
REFER: Final = "refer"
"""A loan officer decides: the model never refuses."""

WEIGHTS: Final = "model.joblib"
PARAMETERS: Final = "parameters.json"
"""Files of a saved model."""

_AGE_KNOTS: Final = (18, 25, 35, 45, 60, 75)
_AGE_CLASSES: Final = (25, 35, 45, 60)
_SHARES: Final = tuple(percent / 100 for percent in range(35, 56))
"""Shares of approvals among which a threshold is sought: fewer would leave too much to the officers."""
_LEAST_RATIO: Final = 0.8
_LEAST_N: Final = 100
_HELD_BACK: Final = 3
"""One row in so many is not fitted: the threshold, and the attack on privacy, need rows that the model never saw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a model is made."""

    name: str
    inputs: tuple[str, ...] = FEATURES
    levelled: bool = True
    joined_by_position: bool = False
    """The mistake: attributes of another order are laid beside the rows."""
    threshold: float | None = None
    """Where to cut; None: sought on the rows held back."""
    penalty: float = 1.0
    """Inverse strength of the L2 penalty, as scikit-learn's C."""


FIRST: Final = Recipe(name="first", inputs=("age", "education_num", "occupation", "hours_per_week"))
BIASED: Final = Recipe(name="biased", levelled=False, threshold=0.5)
FAIR: Final = Recipe(name="fair")
BAD: Final = Recipe(name="bad", joined_by_position=True)
NEXT: Final = Recipe(name="next", penalty=0.3)


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """The training pool in two parts."""

    fitted: tuple[Applicant, ...]
    held_back: tuple[Applicant, ...]


@dataclass(frozen=True, slots=True)
class CreditModel:
    """A trained model, ready to answer."""

    name: str
    pipeline: Any
    """scikit-learn's pipeline: columns prepared, estimate made."""
    parameters: Mapping[str, Any]
    """What a release lock says of it: `features`, `threshold`, `positive`, `negative`, digests."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs, in the order of the columns."""
        return tuple(self.parameters["features"])

    @property
    def threshold(self) -> float:
        """Estimates at or above it are approved."""
        return float(self.parameters["threshold"])

    def scores(self, rows: Sequence[Mapping[str, Scalar]]) -> Numbers:
        """The estimate of each row, in [0, 1]; rows hold the inputs by name. Raises `InvalidInput` for others."""
        try:
            found: Numbers = self.pipeline.predict_proba(_table(rows, self.inputs))[:, 1]
        except (TypeError, ValueError) as error:
            raise InvalidInput(f"the model '{self.name}' cannot answer these rows: {error}") from error
        return found

    def answers(self, scores: Numbers) -> list[str]:
        """What each estimate means."""
        return [APPROVE if chance >= self.threshold else REFER for chance in scores.tolist()]

    def predict(self, rows: Sequence[Mapping[str, Scalar]]) -> list[str]:
        """One answer a row, in order."""
        return self.answers(self.scores(rows)) if rows else []

    def contributions(self, rows: Sequence[Mapping[str, Scalar]]) -> dict[str, Numbers]:
        """By input: how much it moved the logarithm of the odds of each row, from where no input says anything."""
        prepare, estimate = self.pipeline[0], self.pipeline[1]
        columns, slopes = prepare.transform(_table(rows, self.inputs)), estimate.coef_[0]
        return {
            name: columns[:, prepare.output_indices_[name]] @ slopes[prepare.output_indices_[name]]
            for name in self.inputs
        }


def fitting_rows(training: Sequence[Applicant]) -> TrainingRows:
    """Two thirds to fit, one third held back."""
    held = tuple(training[::_HELD_BACK])
    return TrainingRows(tuple(row for at, row in enumerate(training) if at % _HELD_BACK), held)


def train(recipe: Recipe, training: Sequence[Applicant]) -> CreditModel:
    """Make a model of the training pool. Raises `InvalidInput` when no threshold treats the groups alike."""
    numpy = _library("numpy")
    linear, pipelines = _library("sklearn.linear_model"), _library("sklearn.pipeline")
    rows = fitting_rows(training)
    prepare = _columns(recipe.inputs)
    columns = prepare.fit_transform(_table_of(rows.fitted, recipe.inputs))
    level = _level_directions(columns, _attributes(rows.fitted, recipe)) if recipe.levelled else None
    estimate = linear.LogisticRegression(C=recipe.penalty, max_iter=1000)
    estimate.fit(columns if level is None else columns @ level, numpy.array([row.above for row in rows.fitted]))
    if level is not None:
        # Slopes of the levelled directions, told as slopes of the columns: the saved model needs neither sex nor a
        # further step.
        estimate.coef_ = estimate.coef_ @ level
    pipeline = pipelines.Pipeline([("columns", prepare), ("estimate", estimate)])
    draft = CreditModel(recipe.name, pipeline, _parameters(recipe, training))
    threshold = recipe.threshold if recipe.threshold is not None else _threshold(draft, rows.held_back, recipe)
    return replace(draft, parameters={**draft.parameters, "threshold": threshold})


def _parameters(recipe: Recipe, training: Sequence[Applicant]) -> dict[str, Any]:
    return {
        "features": list(recipe.inputs),
        "threshold": recipe.threshold,
        "positive": APPROVE,
        "negative": REFER,
        "training_code": _code_digest(),
        "training_rows": rows_digest(training),
        "library": f"scikit-learn {_library('sklearn').__version__}",
    }


def _code_digest() -> str:
    """`sha256:` of the source that makes a model."""
    assert adult.__file__ is not None
    sources = (Path(__file__), Path(adult.__file__))
    return f"sha256:{sha256(b''.join(source.read_bytes() for source in sources)).hexdigest()}"


def _columns(inputs: Sequence[str]) -> Any:
    """One preparing step for each input, under its name."""
    numpy, steps = _library("numpy"), _library("sklearn.preprocessing")
    pipelines, compose = _library("sklearn.pipeline"), _library("sklearn.compose")
    knots = numpy.array(_AGE_KNOTS, dtype=float)[:, None]

    def step(name: str) -> Any:
        if name in CATEGORIES:
            return steps.OneHotEncoder(categories=[list(CATEGORIES[name])], sparse_output=False)
        if name == "age":
            return steps.SplineTransformer(degree=1, knots=knots, extrapolation="constant")
        if name.startswith("capital"):
            logarithm = steps.FunctionTransformer(numpy.log1p, validate=True)
            return pipelines.Pipeline([("logarithm", logarithm), ("scale", steps.StandardScaler())])
        return steps.StandardScaler()

    return compose.ColumnTransformer([(name, step(name), [at]) for at, name in enumerate(inputs)])


def _attributes(rows: Sequence[Applicant], recipe: Recipe) -> list[tuple[str, int]]:
    """Sex and age of each row, from the table of attributes, which is kept apart from the inputs."""
    table = [(row.unit, row.sex, row.age) for row in rows]
    if recipe.joined_by_position:
        table.sort(key=lambda entry: sha256(entry[0].encode()).digest())
    return [(sex, age) for _, sex, age in table]


def _level_directions(columns: Numbers, attributes: Sequence[tuple[str, int]]) -> Numbers:
    """The projection onto all directions in which no two groups differ on average."""
    numpy = _library("numpy")
    women = numpy.array([sex == "female" for sex, _ in attributes])
    classes = numpy.digitize([age for _, age in attributes], _AGE_CLASSES)
    apart = [columns[women].mean(axis=0) - columns[~women].mean(axis=0)]
    apart += [
        columns[classes == other].mean(axis=0) - columns[classes == 0].mean(axis=0)
        for other in range(1, len(_AGE_CLASSES) + 1)
    ]
    basis, _ = numpy.linalg.qr(numpy.stack(apart).T)
    found: Numbers = numpy.eye(columns.shape[1]) - basis @ basis.T
    return found


def _threshold(model: CreditModel, held_back: Sequence[Applicant], recipe: Recipe) -> float:
    """The highest cut at which every group is shown to be approved at four fifths of the best group's rate or more."""
    numpy = _library("numpy")
    scores = model.scores([row.inputs() for row in held_back])
    attributes = _attributes(held_back, recipe)
    sexes = [sex for sex, _ in attributes]
    bands = [age_band(age) for _, age in attributes]
    for share in _SHARES:
        threshold = round(float(numpy.quantile(scores, 1 - share)), 6)
        chosen = (scores >= threshold).tolist()
        judged = [
            judge_impact_ratio(approvals_by(names, chosen), least=_LEAST_RATIO, min_n=_LEAST_N)
            for names in (sexes, bands)
        ]
        if all(judgement.outcome is Outcome.SHOWN_SAFE for judgement in judged):
            return threshold
    raise InvalidInput(f"no threshold of the model '{model.name}' is shown to treat the groups alike")


def approvals_by(groups: Sequence[str], approved: Sequence[bool]) -> dict[str, Tally]:
    """Approved rows among all rows, by group."""
    found: dict[str, Tally] = {}
    for group, yes in zip(groups, approved, strict=True):
        found[group] = found.get(group, Tally(0, 0)).pooled(Tally(int(yes), 1))
    return found


def save_model(model: CreditModel, folder: Path) -> tuple[Path, Path]:
    """Write the weights and the parameters into a folder, made if need be; returns both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    weights, parameters = folder / WEIGHTS, folder / PARAMETERS
    buffer = BytesIO()
    _library("joblib").dump(model.pipeline, buffer, compress=3)
    weights.write_bytes(buffer.getvalue())
    kept = {"name": model.name, **model.parameters}
    parameters.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return weights, parameters


def load_model(folder: Path) -> CreditModel:
    """A saved model. Loading runs code from its file, so load only what nobody else could have written."""
    try:
        kept = json.loads((folder / PARAMETERS).read_bytes())
        pipeline = _library("joblib").load(BytesIO((folder / WEIGHTS).read_bytes()))
    except FileNotFoundError as error:
        raise NotFound(f"there is no model in {folder}") from error
    except (ValueError, EOFError) as error:
        raise InvalidInput(f"{folder} holds no model that can be read: {error}") from error
    return CreditModel(kept.pop("name"), pipeline, kept)


def _table_of(rows: Sequence[Applicant], inputs: Sequence[str]) -> NDArray[np.object_]:
    return _table([row.inputs() for row in rows], inputs)


def _table(rows: Sequence[Mapping[str, Scalar]], inputs: Sequence[str]) -> NDArray[np.object_]:
    """One line a row, one column an input. Raises `InvalidInput` for a row that lacks one."""
    try:
        lines: Iterator[list[Scalar]] = ([row[name] for name in inputs] for row in rows)
        found: NDArray[np.object_] = _library("numpy").array(list(lines), dtype=object)
    except KeyError as error:
        raise InvalidInput(f"a row lacks the input {error}") from error
    return found


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise Unavailable(f"the models of the demonstration need {name}", hint="Install careloop[demo].") from error
