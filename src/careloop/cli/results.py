"""`care results`: turn reports of other tools into results that the gate reads."""

import json
import re
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.release_arguments import RepoOnlyOption, read_file
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, repository_root, say
from careloop.errors import Unavailable, UsageError
from careloop.gates.read_files import read_lock
from careloop.reports.results_report import results_lines
from careloop.wiring.way_in import run_store
from careloop.workflows.run.import_results import ImportAsk, import_results
from careloop.workflows.run.read_reports import results_bytes

__all__ = ["ManifestOption", "app", "import_"]

app = a_command()

_EPILOG = """
Examples:  care results import target/run_results.json --manifest target/manifest.json --system shop --out r.json
·  care results import report.json --system credit-decision --lock lock.json --data holdout.parquet --out r.json
·  care results import mlflow:mlflow.db --run 3fda8c2b6df74e61 --system credit-decision --out r.json

Reads:  dbt run_results.json, Evidently 0.7 JSON, Fairlearn (MetricFrame.by_group as JSON), garak report.jsonl, JUnit
XML, MLflow runs (folder, database, server, runs/get as JSON), promptfoo results JSON, scikit-learn
(classification_report, metrics).

Exit codes:  0 imported  ·  2 something cannot be read

Nothing is guessed: what the report does not say and no option states stays open, and the gate says so.
"""
_RunOption = Annotated[str | None, typer.Option("--run", metavar="ID", help="Run in an MLflow store.")]
_LockOption = Annotated[
    str | None, typer.Option("--lock", metavar="LOCK", help="What was measured: lock file, or its sha256:… digest.")
]
_DataOption = Annotated[
    str | None, typer.Option("--data", metavar="FILE", help="Evaluation data: a file, or its sha256:… digest.")
]
_ConfigOption = Annotated[
    str | None, typer.Option("--config", metavar="FILE", help="How it was evaluated: a file, or its sha256:… digest.")
]
ManifestOption = Annotated[
    Path | None,
    typer.Option("--manifest", metavar="FILE", help="dbt's manifest.json: of which model and column the tests are."),
]
_WhenOption = Annotated[
    str | None, typer.Option("--measured-at", metavar="INSTANT", help="When, like 2026-03-31T12:00:00Z.")
]
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@app.callback()
def _results() -> None:
    """Turn reports of other tools into results that the gate reads."""


@app.command(name="import", epilog=_EPILOG)
def import_(
    report: Annotated[str, typer.Argument(metavar="REPORT", help="A report's file, or mlflow:PLACE with --run.")],
    system: Annotated[str, typer.Option("--system", metavar="SYSTEM", help="Id of the system.")],
    run: _RunOption = None,
    lock: _LockOption = None,
    data: _DataOption = None,
    config: _ConfigOption = None,
    measured_at: _WhenOption = None,
    manifest: ManifestOption = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the results here.")] = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Read a report, name its figures as the gate knows them, and say which release they were measured on."""
    root = repository_root(None, repo)
    ask = ImportAsk(
        system=system,
        raw=_raw(report, run),
        name=report if run is None else f"{report}#{run}",
        lock=_lock(lock),
        data_digest=_digest(data, "--data"),
        config_digest=_digest(config, "--config"),
        measured_at=_instant(measured_at),
        manifest=None if manifest is None else (read_file(manifest), str(manifest)),
    )
    found = import_results(ask, wiring.repository_source(root))
    written = results_bytes(found)
    if out is not None:
        try:
            out.write_bytes(written)
        except OSError as error:
            raise Unavailable(f"{out} cannot be written: {error.strerror}") from error
    if output_format is Format.JSON:
        print_json(json.loads(written))
        return
    for style, line in results_lines(found):
        say(line, style)


def _raw(report: str, run: str | None) -> bytes:
    if run is None:
        if report.startswith("mlflow:"):
            raise UsageError("an MLflow store holds many runs", hint="name one with --run ID")
        return read_file(Path(report))
    return run_store(report).run(run)


def _lock(text: str | None) -> str | None:
    if text is None or _DIGEST.fullmatch(text):
        return text
    return read_lock(read_file(Path(text)), text).digest


def _digest(text: str | None, option: str) -> str | None:
    if text is None or _DIGEST.fullmatch(text):
        return text
    if text.startswith("sha256:"):
        raise UsageError(f"{option} {text} is no SHA-256: 64 hex digits are needed")
    return f"sha256:{sha256(read_file(Path(text))).hexdigest()}"


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--measured-at {text} is no instant", hint="write it like 2026-03-31T12:00:00Z") from error
    if found.tzinfo is None:
        raise UsageError(f"--measured-at {text} does not say its time zone", hint="write it like 2026-03-31T12:00:00Z")
    return found
