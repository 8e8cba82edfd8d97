"""Check one model card, in or out of a repository, with the rule pack alone (R29, R39)."""

from collections.abc import Iterator
from typing import cast

from careloop.checks.catalogue import Catalogue
from careloop.checks.rule_book import DEFAULT_PACKS
from careloop.documents.card_gaps import CardGap, card_gaps
from careloop.documents.card_json import read_card_json
from careloop.documents.card_markdown import read_card_markdown
from careloop.documents.compile import error_finding
from careloop.documents.json_exact import read_json_with_lines
from careloop.documents.markdown_text import split_front_matter
from careloop.documents.parse import front_line
from careloop.documents.problem import Problem
from careloop.documents.yaml_text import decode, read_yaml
from careloop.domain.card import Card
from careloop.domain.check import CheckResult, TreeCheck
from careloop.domain.finding import Finding
from careloop.domain.place import Place
from careloop.domain.rule import Rule
from careloop.domain.tier import Enforcement, Severity, Tier
from careloop.errors import InvalidInput
from careloop.ports.standards_library import StandardsLibrary, standards_digest

__all__ = ["check_card"]

_RULE = "card-complete"


def check_card(name: str, raw: bytes, tier: Tier, *, standards: StandardsLibrary) -> CheckResult:
    """What a card of a system of this tier leaves open: Hugging Face Markdown, or JSON after Mitchell et al. 2019.

    `name` is the file's name as the findings shall show it; one that ends in `.json` is read as JSON.
    """
    files = standards.read_all()
    read = _read_json(name, raw) if name.lower().endswith(".json") else _read_markdown(name, raw)
    if isinstance(read, Finding):
        checked = TreeCheck(0, (read,), ())
    else:
        rules = [rule for pack in DEFAULT_PACKS for rule in Catalogue(files).packs[pack].rules if rule.check == _RULE]
        checked = TreeCheck(1, (), tuple(_findings(name, card_gaps(read, tier), rules[0])))
    return CheckResult(checked=checked, commit=None, dirty=None, standards_digest=standards_digest(files))


def _read_json(name: str, raw: bytes) -> Card | Finding:
    try:
        value, line_of = read_json_with_lines(raw)
        if not isinstance(value, dict):
            return error_finding("wrong-type", "a card in JSON is a mapping of sections", Place(name))
        return read_card_json(value, line_of)
    except InvalidInput as error:
        return error_finding("json-syntax", error.message, Place(name), remedy=error.hint or "")


def _read_markdown(name: str, raw: bytes) -> Card | Finding:
    text = decode(raw)
    if isinstance(text, Problem):
        return _error(name, text, 0)
    if not text.startswith("---"):
        return read_card_markdown(None, text, 1) if text.strip() else _error(name, _EMPTY, 0)
    cut = split_front_matter(text)
    if isinstance(cut, Problem):
        return _error(name, cut, 0)
    reading = read_yaml(cut.front)
    if reading.problems:
        return _error(name, reading.problems[0], cut.front_line - 1)
    if not isinstance(reading.value, dict):
        return error_finding("wrong-type", "the front matter is not a mapping", Place(name))
    try:
        front = cast("dict[str, object]", reading.value)
        return read_card_markdown(front, cut.body, cut.body_line, front_line_of=lambda key: front_line(cut, key))
    except InvalidInput as error:
        return error_finding("bad-value", error.message, Place(name))


_EMPTY = Problem("empty-file", "the card is empty")


def _error(name: str, problem: Problem, shift: int) -> Finding:
    place = Place(name, (problem.line or 1) + shift, problem.column or 1)
    return error_finding(problem.code, problem.message, place, remedy=problem.remedy)


def _findings(name: str, gaps: tuple[CardGap, ...], rule: Rule) -> Iterator[Finding]:
    for gap in gaps:
        must = gap.severity is Severity.MUST
        yield Finding(
            rule=rule.id,
            severity=gap.severity,
            enforce=rule.enforcement if must else Enforcement.WARN,
            message=gap.message,
            place=Place(name, gap.line),
            pointer=(gap.field,),
            controls=rule.controls,
            remedy=gap.remedy,
        )
