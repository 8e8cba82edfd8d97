"""Which document lives where: the table of paths. It knows no nouns, so that asking it costs nothing."""

import re
from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "GOVERNED_FOLDERS",
    "KINDS",
    "MAX_BYTES",
    "ROOT_FILES",
    "ROOT_LOOKALIKES",
    "Form",
    "Kind",
    "kind_of",
    "looks_governed",
]

MAX_BYTES = 5_000_000
"""Largest document that is read."""


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
    form: Form
    matches: re.Pattern[str]


def _kind(name: str, pattern: str, form: Form = Form.YAML) -> Kind:
    return Kind(name, pattern, form, re.compile(re.escape(pattern).replace(r"\*", "([^/]+)") + r"\Z"))


KINDS: tuple[Kind, ...] = (
    _kind("organisation", "care.yaml"),
    _kind("roles", "roles.yaml"),
    _kind("controls", "controls.yaml"),
    _kind("objectives", "objectives.yaml"),
    _kind("baseline", "baseline.yaml"),
    _kind("calendar", "calendar.yaml"),
    _kind("context", "aims/context.yaml"),
    _kind("parties", "aims/parties.yaml"),
    _kind("processes", "aims/processes.yaml"),
    _kind("communication", "aims/communication.yaml"),
    _kind("competence", "aims/competence.yaml"),
    _kind("related", "aims/related.yaml"),
    _kind("roadmap", "aims/roadmap.yaml"),
    _kind("criteria", "risk/criteria.yaml"),
    _kind("risk", "risk/register/*.yaml"),
    _kind("system", "systems/*/system.yaml"),
    _kind("card", "systems/*/card.md", Form.CARD),
    _kind("dataset", "systems/*/data/*.yaml"),
    _kind("impact", "systems/*/impact/*.yaml"),
    _kind("monitors", "systems/*/monitors.yaml"),
    _kind("plan", "systems/*/plan.md", Form.MARKDOWN),
    _kind("envelope", "systems/*/envelopes/*.yaml"),
    _kind("policy", "policies/*.md", Form.POLICY),
    _kind("rules", "rules/*.yaml"),
    _kind("supplier", "suppliers/*.yaml"),
    _kind("answers", "assessments/*.yaml"),
    _kind("questionnaire", "questionnaires/*.yaml"),
    _kind("law", "laws/*.yaml"),
    _kind("course", "training/*.md", Form.MARKDOWN),
    _kind("audits", "audits/*.yaml"),
    _kind("drill", "drills/*.yaml"),
    _kind("runbook", "runbooks/*.md", Form.MARKDOWN),
    _kind("waiver", "waivers/*.yaml"),
    _kind("change", "changes/*.yaml"),
)
"""Every kind of document, in the order a newcomer meets them."""

GOVERNED_FOLDERS = frozenset(kind.pattern.split("/")[0] for kind in KINDS if "/" in kind.pattern)
ROOT_FILES = frozenset(kind.pattern for kind in KINDS if "/" not in kind.pattern)
ROOT_LOOKALIKES = frozenset(name.removesuffix(".yaml") + ".yml" for name in ROOT_FILES)
"""What somebody may write for a root file, and which would be passed over."""
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
    if path in ROOT_LOOKALIKES:
        return True
    if not slash or folder not in GOVERNED_FOLDERS:
        return False
    name = rest.rpartition("/")[2]
    depth = rest.count("/")
    deepest = 2 if folder in {"systems", "risk"} else 0
    return name.endswith((".yaml", ".yml", ".md")) and name.lower() != "readme.md" and depth <= deepest
