"""Write a data sheet from a published description, with the reason beside each guess (R57-R59, R80).

What the description does not say stays open in words that `care check` finds; where nothing is known about people, they
are assumed to be in it (R26).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from careloop.documents.croissant import CroissantSheet
from careloop.documents.yaml_scalar import quoted
from careloop.domain.dataset import UsedFor

__all__ = ["DraftedSheet", "SheetTerms", "draft_sheet"]

_MOST_COLUMNS = 40
_OPEN = "TBD"
_SPLITS = (
    (UsedFor.TRAINING, r"train"),
    (UsedFor.VALIDATION, r"valid|\bdev\b"),
    (UsedFor.EVALUATION, r"test|eval"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetTerms:
    """Which data sheet is wanted."""

    id: str
    owner: str
    source: str
    """Where the description lies, for the reader."""
    used_for: tuple[UsedFor, ...] = ()
    """As a person said; left out, guessed from the splits."""


@dataclass(frozen=True, slots=True)
class DraftedSheet:
    """A data sheet, what in it was guessed and what is still open."""

    text: str
    guesses: tuple[str, ...]
    open: tuple[str, ...]


class _Lines:
    """The lines so far, and which keys were guessed or left open."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.guesses: list[str] = []
        self.open: list[str] = []

    def say(self, key: str, value: str, why: str | None = None) -> None:
        """A key with its value as YAML; `why` it was guessed."""
        if why:
            self.guesses.append(key)
        self.lines.append(f"{key}: {value}" + (f"  # guessed: {why}" if why else ""))

    def text(self, key: str, told: str, why: str | None = None) -> None:
        """A text that is needed: what was told, else a placeholder."""
        if told:
            self.say(key, quoted(told), why)
            return
        self.open.append(key)
        self.lines.append(f"{key}: {_OPEN}")


def draft_sheet(sheet: CroissantSheet, terms: SheetTerms) -> DraftedSheet:
    """The text of systems/<system>/data/<id>.yaml."""
    out = _Lines()
    out.lines += [
        "# yaml-language-server: $schema=../../../.care/schemas/dataset.schema.json",
        f"# Drafted by `care dataset draft` from {terms.source} (sha256:{sheet.digest[:16]}).",
        "# Look at each line marked `# guessed`, and say what is TBD; `care check` finds what is left.",
        *_notes(sheet),
    ]
    out.say("id", quoted(terms.id))
    out.text("name", sheet.name)
    out.say("owner", terms.owner, "the owner of the system")
    if sheet.version:
        out.say("version", quoted(sheet.version))
    out.text("purpose", sheet.said.get("dataUseCases", ""), "what its maker says it is for, not what it is for here")
    _used_for(out, sheet.splits, terms)
    _categories(out, sheet.columns)
    _personal(out, sheet)
    makers = ", ".join(dict.fromkeys((*sheet.creators, *sheet.publisher)))
    out.text("source", ", ".join(filter(None, (sheet.name, makers and f"by {makers}", sheet.address))))
    out.text("licence", sheet.licence)
    out.text("rights", "")
    _optional(out, sheet)
    _provenance(out, sheet, makers)
    _preparation(out, sheet)
    out.lines.append("quality: []  # open: measure, relation and target of each requirement")
    out.lines.append("# open, for data about people: `management` with its four parts, and `retention`")
    out.open += ["quality", "management", "retention"]
    return DraftedSheet("\n".join(out.lines) + "\n", tuple(out.guesses), tuple(out.open))


def _notes(sheet: CroissantSheet) -> Iterator[str]:
    if sheet.live:
        yield "# Note: the description calls the data set live; its files change, and a digest holds for one moment."
    if odd := [file.name for file in sheet.files if file.digest is None]:
        yield f"# Note: no SHA-256 is given for {_plain(', '.join(odd[:5]))}; nothing shows which bytes were used."
    for key in ("dataLimitations", "dataSocialImpact", "dataCollectionMissingData", "dataReleaseMaintenancePlan"):
        if key in sheet.said:
            yield f"# {key}: {_plain(sheet.said[key])}"
    if sheet.usage:
        yield f"# usageInfo: {_plain(sheet.usage)}"


def _used_for(out: _Lines, splits: Sequence[str], terms: SheetTerms) -> None:
    if terms.used_for:
        out.say("used_for", f"[{', '.join(terms.used_for)}]")
        return
    found = [use for use, words in _SPLITS if any(re.search(words, split.lower()) for split in splits)]
    why = f"it has the splits {', '.join(splits[:5])}" if found else "nobody has said; training asks for most"
    out.say("used_for", f"[{', '.join(found or [UsedFor.TRAINING])}]", _plain(why))


def _categories(out: _Lines, columns: Sequence[str]) -> None:
    if columns:
        out.say("categories", f"[{', '.join(map(quoted, columns[:_MOST_COLUMNS]))}]")
        if len(columns) > _MOST_COLUMNS:
            out.lines.append(f"# and {len(columns) - _MOST_COLUMNS} more columns")


def _personal(out: _Lines, sheet: CroissantSheet) -> None:
    told = sheet.said.get("personalSensitiveInformation")
    why = f"its maker says: {_plain(told)}" if told else "assumed until somebody says otherwise"
    out.say("personal", "true", why)


def _optional(out: _Lines, sheet: CroissantSheet) -> None:
    if sheet.period:
        out.say("collected_from", sheet.period[0].isoformat())
        out.say("collected_to", sheet.period[1].isoformat())
    if biases := sheet.said.get("dataBiases"):
        out.say("demographics", quoted(biases), "from what its maker says about biases")
    prior = _joined(
        sheet, "dataCollection", "dataCollectionRawData", "dataManipulationProtocol", "dataImputationProtocol"
    )
    if prior:
        out.say("prior_handling", quoted(prior))
    labelling = _joined(
        sheet,
        "dataAnnotationProtocol",
        "dataAnnotationPlatform",
        "dataAnnotationAnalysis",
        "annotatorDemographics",
        "machineAnnotationTools",
    )
    if labelling:
        out.say("labelling", quoted(labelling))


def _joined(sheet: CroissantSheet, *keys: str) -> str:
    return " ".join(_ended(sheet.said[key]) for key in keys if key in sheet.said)


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _provenance(out: _Lines, sheet: CroissantSheet, makers: str) -> None:
    """The files as published, each with its digest, where a day and a maker are known."""
    if sheet.published is None or not makers:
        out.open.append("provenance")
        out.lines.append("provenance: []  # open: the description names no day or no maker")
        return
    out.lines.append("provenance:")
    named = [file for file in sheet.files if file.digest]
    for file in named:
        step = quoted(f"{file.name}, as published")
        out.lines.append(_step(step, makers, sheet.published, f", digest: {quoted(f'sha256:{file.digest}')}"))
    if not named:
        out.lines.append(_step("Published", makers, sheet.published, ""))


def _step(step: str, by: str, on: date, digest: str) -> str:
    return f"  - {{step: {step}, by: {quoted(by)}, on: {on}{digest}}}"


def _preparation(out: _Lines, sheet: CroissantSheet) -> None:
    method = sheet.said.get("dataPreprocessingProtocol")
    if method:
        out.lines.append("preparation:")
        out.lines.append(f"  - {{method: {quoted(method)}, criterion: {_OPEN}}}")
        out.open.append("preparation")


def _plain(text: str) -> str:
    """One line without control characters, for a comment."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]
