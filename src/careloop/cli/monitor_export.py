"""`care monitor export`: alerting rules for Prometheus, a dashboard for Grafana, written from the monitors."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.release_arguments import RepoOnlyOption
from careloop.cli.terminal import repository_root, say
from careloop.reports.grafana_dashboard import grafana_dashboard
from careloop.reports.prometheus_rules import prometheus_rules
from careloop.workflows.run.export_monitors import watched_systems

__all__ = ["EXPORT_HELP", "ExportForm", "export"]

EXPORT_HELP = """
Examples:  care monitor export --to prometheus-rules --out care-rules.yaml
           care monitor export credit-decision --to grafana-dashboard

The rules fire on careloop's own alarms, which keep their promise, and on silence; what they ask for stands in /metrics.
Exit codes:  0 written  ·  2 something cannot be read
"""


class ExportForm(StrEnum):
    """What is written."""

    PROMETHEUS_RULES = "prometheus-rules"
    GRAFANA_DASHBOARD = "grafana-dashboard"


def export(
    systems: Annotated[list[str] | None, typer.Argument(metavar="SYSTEM", help="Only these systems.")] = None,
    *,
    to: Annotated[ExportForm, typer.Option("--to", help="What to write.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write to this file instead of the screen.")] = None,
    repo: RepoOnlyOption = None,
) -> None:
    """Write the monitors as rules or as a dashboard for tools that read /metrics."""
    root = repository_root(None, repo)
    found = watched_systems(wiring.repository_source(root), systems or ())
    if to is ExportForm.PROMETHEUS_RULES:
        text = prometheus_rules(found)
    else:
        organisation = wiring.organisation_of(root)
        title = f"AI systems of {organisation.organisation.name}" if organisation else "AI systems"
        text = json.dumps(grafana_dashboard(found, title=title), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        typer.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8")
    say(f"wrote {sum(len(one.monitors) for one in found)} monitors of {len(found)} systems to {out}")
