"""`care evaluate`: a file of predictions in; results for the gate and a report for a reviewer out."""

import re
from collections.abc import Sequence
from contextlib import ExitStack, closing, nullcontext
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Annotated

import typer

from careloop import __version__, wiring
from careloop.cli.evaluated_model import (
    DataOption,
    ExplainRowsOption,
    InputsOption,
    ModelMemoryOption,
    ModelOption,
    ModelSecondsOption,
    ModelWishes,
    ResamplesOption,
    SeedOption,
    TrustPickleOption,
    TrustTypeOption,
    is_of_lock,
    look_for,
)
from careloop.cli.release_arguments import RepoOnlyOption, read_file
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, repository_root, say
from careloop.domain.evaluated import ModelEvaluation
from careloop.domain.evaluation import ExpectedResult
from careloop.domain.measured import Outcome
from careloop.domain.model_look import ModelFile
from careloop.domain.release_lock import ReleaseLock
from careloop.errors import NotFound, Unavailable, UsageError
from careloop.gates.read_files import read_lock
from careloop.reports.evaluation_page import evaluation_page
from careloop.reports.evaluation_words import evaluation_json, evaluation_lines
from careloop.wiring.models import model_at
from careloop.wiring.rows import column_values, digest_of_files, row_files
from careloop.workflows.run.evaluate_predictions import (
    UNLOCKED,
    EvaluationAsk,
    EvaluationData,
    evaluate_predictions,
    plan_evaluation,
)
from careloop.workflows.run.evaluation_columns import ColumnWishes
from careloop.workflows.run.read_reports import results_bytes

__all__ = ["app", "evaluate"]

app = a_command()

_EPILOG = """
Examples:  care evaluate credit-decision --predictions holdout.parquet --favourable approve --report report.html  ·
care evaluate credit-decision --predictions holdout.csv --reference training.parquet --map label=repaid --lock lock.json
--out results.json  ·  care evaluate credit-decision --predictions holdout.parquet --favourable approve
--model model.skops --reference training.parquet

Columns are found by the names of the system's events (prediction, label, score, groups.sex or sex, ...), or as --map
says. Limits are those under `evaluation:` in system.yaml; --limit 'impact_ratio>=0.8' states one more, and the results
say so. The file for the gate holds the figures that have a limit; the report shows all.

--model is opened in a process of its own with limits of memory and time: .skops, .onnx, a folder that MLflow wrote, or
models:/NAME/3 on the server of MLFLOW_TRACKING_URI. A .joblib or .pkl runs whatever its author wrote: --trust-pickle.

Exit codes:  0 measured, nothing shown harmful  ·  1 something is shown harmful  ·  2 something cannot be read
"""
_LIMIT = re.compile(r"([a-z][a-z0-9_-]*)\s*(>=|<=)\s*(\S+)")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


_Predictions = Annotated[
    list[Path], typer.Option("--predictions", metavar="FILE", help="Rows with predictions, labels, groups; repeat.")
]
_Reference = Annotated[
    list[Path] | None, typer.Option("--reference", metavar="FILE", help="Training rows, for drift and membership.")
]
_Importance = Annotated[
    Path | None, typer.Option("--importance", metavar="FILE", help="Rows of feature, importance, resample.")
]
_Lock = Annotated[
    str | None, typer.Option("--lock", metavar="LOCK", help="What was measured: lock file, or its digest.")
]
_Map = Annotated[
    list[str] | None, typer.Option("--map", metavar="NAME=COLUMN", help="Where a part of events stands; repeat.")
]
_Favourable = Annotated[
    list[str] | None, typer.Option("--favourable", metavar="VALUE", help="A prediction that is an advantage.")
]
_Positive = Annotated[
    list[str] | None, typer.Option("--positive", metavar="VALUE", help="A label that deserves the advantage.")
]
_TextColumn = Annotated[
    list[str] | None, typer.Option("--text", metavar="COLUMN", help="Free text, scanned for personal data; repeat.")
]
_Limit = Annotated[
    list[str] | None, typer.Option("--limit", metavar="'MEASURE>=X'", help="A limit beside system.yaml's; repeat.")
]
_MinN = Annotated[int, typer.Option("--min-n", min=1, help="Groups with fewer rows are pooled or left out.")]
_Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Results for `care gate --results`.")]
_Report = Annotated[Path | None, typer.Option("--report", metavar="FILE", help="A page for reviewers.")]


@app.command(name="evaluate", epilog=_EPILOG)
def evaluate(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Id of the system.")],
    predictions: _Predictions, reference: _Reference = None, importance: _Importance = None,
    lock: _Lock = None, mapped: _Map = None, favourable: _Favourable = None, positive: _Positive = None,
    text: _TextColumn = None, limit: _Limit = None, min_n: _MinN = 30, out: _Out = None, report: _Report = None,
    model: ModelOption = None, data: DataOption = None, inputs: InputsOption = None,
    trust_pickle: TrustPickleOption = False, trust_type: TrustTypeOption = None, seed: SeedOption = 0,
    resamples: ResamplesOption = 10, explain_rows: ExplainRowsOption = 10_000,
    model_memory: ModelMemoryOption = 4096, model_seconds: ModelSecondsOption = 600,
    repo: RepoOnlyOption = None, output_format: FormatOption = Format.TEXT,
) -> None:  # fmt: skip
    """Measure a model on labelled predictions: performance, fairness, calibration, drift, explanations, privacy."""
    wishes = _wishes(mapped or (), favourable or (), positive or (), text or ())
    looked = ModelWishes(
        *(
            data or (),
            inputs,
            trust_pickle,
            trust_type or (),
            seed,
            resamples,
            explain_rows,
            model_memory,
            model_seconds,
        )
    )
    _check_words(model, data, importance, out, lock)
    with model_at(model) if model else nullcontext(None) as opened:
        files = _Files(predictions, reference or [], importance, data or [], opened)
        stated = tuple(_limit(one, min_n) for one in limit or ())
        ask = EvaluationAsk(system=system, wishes=wishes, stated=stated, min_n=min_n)
        found = _measured(_of_files(ask, files, looked, _lock(lock)), files, looked, repository_root(None, repo))
    _write(out, results_bytes(found.results))
    _write(report, evaluation_page(found).encode())
    if output_format is Format.JSON:
        print_json(evaluation_json(found))
    else:
        _say(found, out, report)
    if any(one.outcome is Outcome.SHOWN_HARMFUL for one in found.examined):
        raise typer.Exit(1)


def _wishes(
    mapped: Sequence[str], favourable: Sequence[str], positive: Sequence[str], texts: Sequence[str]
) -> ColumnWishes:
    return ColumnWishes(
        mapped=dict(_pair(one) for one in mapped),
        favourable=tuple(favourable),
        positive=tuple(positive),
        texts=tuple(texts),
    )


def _check_words(
    model: str | None, data: list[Path] | None, importance: Path | None, out: Path | None, lock: str | None
) -> None:
    if out is not None and lock is None:
        raise UsageError("results for the gate must say which release they are of", hint="give --lock LOCK")
    if model and importance:
        raise UsageError("--importance and --model both say which inputs matter", hint="give one of them")
    if data and not model:
        raise UsageError("--data are rows to explain a model on, and no model is given", hint="give --model too")


@dataclass(frozen=True)
class _Files:
    predictions: list[Path]
    reference: list[Path]
    importance: Path | None
    data: list[Path]
    model: ModelFile | None

    def named(self) -> tuple[tuple[str, str, str], ...]:
        """Role, name and digest of each."""
        given = [("predictions", self.predictions), ("reference", self.reference)]
        given += [("importance", [self.importance])] if self.importance else []
        given.append(("data", self.data))
        for path in (path for _, paths in given for path in paths):
            if not path.is_file():
                raise NotFound(f"there is no file {path}")
        model = [] if self.model is None else [("model", self.model.name, self.model.digest)]
        return (
            *((role, ", ".join(path.name for path in paths), digest_of_files(paths)) for role, paths in given if paths),
            *model,
        )


def _of_files(ask: EvaluationAsk, files: _Files, looked: ModelWishes, lock: ReleaseLock | str | None) -> EvaluationAsk:
    """The ask with what its files are, of which release, and how a model among them is looked at."""
    opened = files.model
    return replace(
        ask,
        lock=lock.digest if isinstance(lock, ReleaseLock) else lock,
        files=files.named(),
        looked=looked.settings() if opened else {},
        model_is_locked=is_of_lock(opened, lock) if opened and isinstance(lock, ReleaseLock) else None,
    )


def _measured(ask: EvaluationAsk, files: _Files, looked: ModelWishes, root: Path) -> ModelEvaluation:
    with ExitStack() as open_files:
        rows = open_files.enter_context(closing(row_files(files.predictions)))
        older = open_files.enter_context(closing(row_files(files.reference))) if files.reference else None
        plan = plan_evaluation(ask, wiring.repository_source(root), rows, older)
        look = None
        if files.model is not None:
            look = look_for(plan, files.model, looked, predictions=files.predictions, reference=files.reference)
        data = EvaluationData(
            rows=rows,
            values=column_values(files.predictions, plan.exact),
            reference=older,
            reference_values=column_values(files.reference, plan.of_reference) if older else None,
            importance=column_values([files.importance]) if files.importance else None,
            look=look,
        )
        return evaluate_predictions(
            plan, data, standards=wiring.standards_library(), version=__version__, now=wiring.now()
        )


def _say(found: ModelEvaluation, out: Path | None, report: Path | None) -> None:
    for style, line in evaluation_lines(found):
        say(line, style)
    limited = len(found.results.results)
    if out is not None:
        say(f"{out}: {limited} figures with a limit, for `care gate {found.system} --results {out}`", "summary")
    elif found.results.lock == UNLOCKED:
        say("not bound to a release: give --lock and --out for a file that the gate takes", "detail")
    if limited == 0:
        say("declare limits under `evaluation:` in system.yaml; without one the gate gets no figure", "warn")
    if report is not None:
        say(f"{report}: the whole evaluation as a page", "summary")


def _pair(text: str) -> tuple[str, str]:
    name, equals, column = text.partition("=")
    if not (name and equals and column):
        raise UsageError(f"--map {text} says no column", hint="write it like --map label=repaid")
    return name, column


def _limit(text: str, min_n: int) -> ExpectedResult:
    found = _LIMIT.fullmatch(text.strip())
    try:
        value = float(found[3]) if found else None
    except ValueError:
        value = None
    if found is None or value is None or not isfinite(value):
        raise UsageError(
            f"--limit {text} is no limit", hint="write it like 'impact_ratio>=0.8' or 'dp_difference<=0.05'"
        )
    side = "least" if found[2] == ">=" else "most"
    return ExpectedResult.model_validate({"measure": found[1], side: value, "min_n": min_n})


def _lock(text: str | None) -> ReleaseLock | str | None:
    if text is None or _DIGEST.fullmatch(text):
        return text
    return read_lock(read_file(Path(text)), text)


def _write(path: Path | None, content: bytes) -> None:
    if path is None:
        return
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from error
