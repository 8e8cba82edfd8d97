"""`care measure`: measures on rows in files, on an engine of choice, with the digest of their counts."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from enum import StrEnum
from functools import partial
from glob import has_magic
from pathlib import Path
from typing import Annotated

import typer

from careloop.cli.terminal import Format, FormatOption, a_command, print_json, progress_bar, say
from careloop.documents.measure_file import read_measure_spec
from careloop.domain.measure_spec import MeasureSpec
from careloop.errors import InvalidInput, NotFound
from careloop.reports.measure_report import catalogue_json, catalogue_lines, measure_json, measure_lines
from careloop.wiring.rows import column_values, row_files
from careloop.workflows.run.measure_exactly import RowSource, take_measures

__all__ = ["EngineName", "app", "list_", "run_"]

app = a_command()


_EPILOG = """
Examples:  care measure run measures.yaml --data scored-2026-11.parquet  ·  care measure run measures.yaml --data
'scored/*.parquet' --reference training.parquet --engine polars --format json  ·  care measure list

A file of measures:  {outcome: {column: decision, values: [approve]}, by: [sex], measures: [{measure: impact_ratio}]}

Reads Parquet, Arrow IPC and CSV. Every engine gives the same digest for the same rows: it is that of the integer counts
that the value follows from.

Exit codes:  0 measured  ·  2 something cannot be read
"""


class EngineName(StrEnum):
    """Who counts."""

    AUTO = "auto"
    DUCKDB = "duckdb"
    POLARS = "polars"
    SPARK = "spark"
    STREAM = "stream"


@app.callback()
def _measure() -> None:
    """Take measures of fairness, drift, performance, quality, latency and business on rows in files."""


@app.command(name="run", epilog=_EPILOG)
def run_(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="Which measures, and what columns mean: YAML or JSON.")],
    data: Annotated[list[str], typer.Option("--data", metavar="FILES", help="The rows; a pattern or repeat.")],
    reference: Annotated[
        list[str] | None, typer.Option("--reference", metavar="FILES", help="Older rows, for measures of drift.")
    ] = None,
    engine: Annotated[
        EngineName, typer.Option("--engine", help="Who counts; auto goes by the size of the files.")
    ] = EngineName.AUTO,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Take the measures that SPEC asks for: value, interval, n, groups and the digest of the counts."""
    wanted = _spec(spec)
    with ExitStack() as opened:
        opened.callback(progress_bar, None)
        rows = _source(_files(data), engine, opened, told=progress_bar)
        older = _source(_files(reference), engine, opened) if reference else None
        progress_bar(0.0)
        taken = take_measures(wanted, rows, older)
    if output_format is Format.JSON:
        print_json(measure_json(taken))
    else:
        _say_lines(measure_lines(taken))


@app.command(name="list")
def list_(output_format: FormatOption = Format.TEXT) -> None:
    """Every measure by family: what it tells, and what it needs."""
    if output_format is Format.JSON:
        print_json(catalogue_json())
    else:
        _say_lines(catalogue_lines())


def _source(
    files: list[Path], engine: EngineName, opened: ExitStack, told: Callable[[float], None] | None = None
) -> RowSource:
    counted = opened.enter_context(closing(row_files(files, engine=engine.value, told=told)))
    return RowSource(counted, partial(column_values, files))


def _say_lines(lines: Iterable[tuple[str, str]]) -> None:
    """Print lines in their styles."""
    for style, text in lines:
        say(text, style)


def _spec(path: Path) -> MeasureSpec:
    try:
        found = read_measure_spec(path.name, path.read_bytes())
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {path}") from error
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
    if isinstance(found, MeasureSpec):
        return found
    said = "\n".join(f"{one.place}: {one.message}" for one in found)
    raise InvalidInput(said, hint=f"mend {path}; `care measure list` shows the measures and what each needs")


def _files(given: Sequence[str]) -> list[Path]:
    """The files that are meant, patterns spelt out; each once, in the order of their names within a pattern."""
    found: list[Path] = []
    for path in map(Path, given):
        pattern = path.relative_to(path.anchor)
        matched = sorted(Path(path.anchor).glob(str(pattern))) if has_magic(str(path)) else [path]
        if not matched:
            raise NotFound(f"no file matches {path}")
        found += matched
    return list(dict.fromkeys(found))
