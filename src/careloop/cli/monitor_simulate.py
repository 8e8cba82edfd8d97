"""`care monitor simulate`: would these monitors keep their promise on ordinary traffic, and how late would they be?"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.release_arguments import RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, print_json, repository_root, say
from careloop.domain.monitor import Monitors
from careloop.domain.system import EventSchema
from careloop.errors import InvalidInput
from careloop.monitors.simulate import SimulationTerms
from careloop.reports.simulation_report import simulation_json, simulation_lines, simulation_svg
from careloop.workflows.run.compile_monitors import CompiledMonitors, compile_monitors
from careloop.workflows.run.release_desk import read_governance
from careloop.workflows.run.simulate_monitors import SimulatedMonitor, simulate_monitors
from careloop.workflows.run.simulated_traffic import Supposed

__all__ = ["SIMULATE_HELP", "simulate"]

SIMULATE_HELP = """
Examples:  care monitor simulate product-recommender conversion-by-region --runs 10
           care monitor simulate credit-decision --all --plot promises.svg

Exit codes:  0 every promise was kept  ·  1 one was broken  ·  2 something cannot be read
"""

_RATE = "Share of hits, or place of a mean amount in its range, while all is well."
_CHANGE = "How far it gets worse; of a mixture, which share of rows moves."


def simulate(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Id of the system.")],
    monitor: Annotated[str | None, typer.Argument(metavar="[MONITOR]", help="Id of one monitor.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every monitor of the system.")] = False,
    rate: Annotated[float, typer.Option(min=0.001, max=0.999, help=_RATE)] = 0.2,
    rows: Annotated[int, typer.Option(min=1, help="Rows in a window, all groups together.")] = 300,
    change: Annotated[float, typer.Option(min=0.001, max=0.999, help=_CHANGE)] = 0.15,
    runs: Annotated[int, typer.Option(min=1, max=100_000, help="How often each case is played through.")] = 20,
    seed: Annotated[int, typer.Option(help="The same seed gives the same numbers.")] = 1,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a picture (SVG) to this file.")] = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Play monitors through on ordinary traffic: false alarms against the promise, and how soon a change is noticed."""
    compiled = _asked(system, monitor, every=every, repo=repo)
    supposed = Supposed(rate=rate, rows=rows, change=change)
    chance, terms = random.Random(seed), SimulationTerms(runs=runs)
    if output_format is Format.TEXT:
        say(
            f"each alarm is set so that {terms.promised:.0%} of runs of {terms.windows} windows may have a false "
            "alarm; the promises in the documents are stricter, and their delays longer",
            "grey",
        )
    done = []
    for found in simulate_monitors(compiled.watched, supposed=supposed, terms=terms, chance=chance):
        done.append(found)
        if output_format is Format.TEXT:
            _tell(found)
    table = [(each.monitor, each.cases, each.not_simulated) for each in done]
    table += [(left.monitor, (), f"not watched: {left.because}") for left in compiled.left_out]
    if output_format is Format.JSON:
        print_json(simulation_json(system, table))
    else:
        for left in compiled.left_out:
            say(f"not watched: {left.monitor.id} ({left.because})", "grey")
    if plot is not None:
        plot.write_text(simulation_svg(system, table), encoding="utf-8")
        if output_format is Format.TEXT:
            say(f"the picture is in {plot}")
    raise typer.Exit(int(not all(case.kept for each in done for case in each.cases)))


def _asked(system: str, monitor: str | None, *, every: bool, repo: RepoOnlyOption) -> CompiledMonitors:
    if (monitor is None) is not every:
        raise InvalidInput("name one monitor, or ask for all of them with --all")
    root = repository_root(None, repo)
    with wiring.release_desk(root, {}) as desk:
        governance = read_governance(desk, wiring.now())
    found = governance.system(system)
    documents = [one.monitors for at, one in governance.repository.all(Monitors) if at.folder == system]
    known = [each for document in documents for each in document]
    chosen = [each for each in known if every or each.id == monitor]
    if not chosen:
        there = ", ".join(each.id for each in known) or "none"
        raise InvalidInput(f"{system} has no monitor '{monitor}'; there are: {there}")
    return compile_monitors(chosen, found.events or EventSchema())


def _tell(found: SimulatedMonitor) -> None:
    for style, line in simulation_lines([(found.monitor, found.cases, found.not_simulated)]):
        say(line, style)
    if found.made_up:
        say(f"  {found.made_up}", "grey")
