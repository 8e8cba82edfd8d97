"""Which document lives where: the table that turns a path into a noun."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from careloop.domain import (
    aims,
    controls,
    dataset,
    evolve,
    impact,
    monitor,
    organisation,
    policy,
    risk,
    roles,
    rule,
    third_party,
)
from careloop.domain import system as system_module

__all__ = ["GOVERNED_FOLDERS", "KINDS", "ROOT_FILES", "Form", "Kind", "adapter_of", "kind_of", "looks_governed"]


class Form(StrEnum):
    """How a document is written down."""

    YAML = "yaml"
    MARKDOWN = "markdown"
    """Front matter with the noun's fields; headings become `sections`."""
    POLICY = "policy"
    """Markdown whose numbered paragraphs are statements."""
    CARD = "card"
    """A model card, read by its own reader."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table."""

    name: str
    pattern: str
    """Path with `*` for one path part."""
    noun: Any
    """Pydantic class, or a union of such; null for cards, which have their own reader."""
    form: Form = Form.YAML
    matches: re.Pattern[str] = re.compile("")


def _kind(name: str, pattern: str, noun: object, form: Form = Form.YAML) -> Kind:
    return Kind(name, pattern, noun, form, re.compile(re.escape(pattern).replace(r"\*", "([^/]+)") + r"\Z"))


KINDS: tuple[Kind, ...] = (
    _kind("organisation", "care.yaml", organisation.Organisation),
    _kind("roles", "roles.yaml", roles.Roles),
    _kind("controls", "controls.yaml", controls.Controls),
    _kind("objectives", "objectives.yaml", third_party.Objectives),
    _kind("baseline", "baseline.yaml", evolve.Baseline),
    _kind("context", "aims/context.yaml", aims.Context),
    _kind("parties", "aims/parties.yaml", aims.Parties),
    _kind("processes", "aims/processes.yaml", aims.Processes),
    _kind("communication", "aims/communication.yaml", aims.Communication),
    _kind("competence", "aims/competence.yaml", aims.Competence),
    _kind("related", "aims/related.yaml", aims.RelatedPolicies),
    _kind("criteria", "risk/criteria.yaml", risk.RiskCriteria),
    _kind("risk", "risk/register/*.yaml", risk.Risk),
    _kind("system", "systems/*/system.yaml", system_module.System),
    _kind("card", "systems/*/card.md", None, Form.CARD),
    _kind("dataset", "systems/*/data/*.yaml", dataset.Dataset),
    _kind("impact", "systems/*/impact/*.yaml", impact.ImpactDocument),
    _kind("monitors", "systems/*/monitors.yaml", monitor.Monitors),
    _kind("plan", "systems/*/plan.md", monitor.FailurePlan, Form.MARKDOWN),
    _kind("policy", "policies/*.md", policy.Policy, Form.POLICY),
    _kind("rules", "rules/*.yaml", rule.RuleFile),
    _kind("supplier", "suppliers/*.yaml", third_party.Supplier),
    _kind("law", "laws/*.yaml", third_party.Law),
    _kind("course", "training/*.md", third_party.Course, Form.MARKDOWN),
    _kind("audits", "audits/*.yaml", evolve.AuditProgramme),
    _kind("drill", "drills/*.yaml", evolve.Drill),
    _kind("runbook", "runbooks/*.md", evolve.Runbook, Form.MARKDOWN),
    _kind("waiver", "waivers/*.yaml", evolve.Waiver),
)
"""Every kind of document, in the order a newcomer meets them."""

GOVERNED_FOLDERS = frozenset(kind.pattern.split("/")[0] for kind in KINDS if "/" in kind.pattern)
ROOT_FILES = frozenset(kind.pattern for kind in KINDS if "/" not in kind.pattern)
_BY_FOLDER: dict[str, tuple[Kind, ...]] = {
    folder: tuple(kind for kind in KINDS if kind.pattern.startswith(folder + "/")) for folder in GOVERNED_FOLDERS
}
_BY_ROOT_FILE = {kind.pattern: kind for kind in KINDS if "/" not in kind.pattern}


def kind_of(path: str) -> tuple[Kind, str | None] | None:
    """The kind of the document at a path and, inside `systems/`, the system's id; null for any other file."""
    folder, slash, _ = path.partition("/")
    if not slash:
        kind = _BY_ROOT_FILE.get(path)
        return (kind, None) if kind else None
    for kind in _BY_FOLDER.get(folder, ()):
        found = kind.matches.match(path)
        if found:
            return kind, found.group(1) if folder == "systems" else None
    return None


def looks_governed(path: str) -> bool:
    """Whether a file lies where documents live and is written like one, so that it must have a kind.

    Other files (weights, notebooks, pictures, READMEs) may lie beside them.
    """
    folder, slash, rest = path.partition("/")
    if not slash or folder not in GOVERNED_FOLDERS:
        return False
    name = rest.rpartition("/")[2]
    depth = rest.count("/")
    deepest = 2 if folder in {"systems", "risk"} else 0
    return name.endswith((".yaml", ".yml", ".md")) and name.lower() != "readme.md" and depth <= deepest


@cache
def adapter_of(kind_name: str) -> TypeAdapter[Any]:
    """The validator of a kind's noun; built on first use."""
    kind = next(kind for kind in KINDS if kind.name == kind_name)
    return TypeAdapter(kind.noun)
