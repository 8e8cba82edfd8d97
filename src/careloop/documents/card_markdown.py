"""A model card in Hugging Face form, Markdown with front matter, as it is published."""

import re
from collections.abc import Callable, Iterator, Mapping

from careloop.documents.card_blocks import Blocks, read_blocks
from careloop.documents.card_care import read_care
from careloop.documents.card_claims import claims_of
from careloop.documents.card_evidence import Evidence, Kind, settle
from careloop.documents.card_metadata import implies_a_base_model, metadata_evidence
from careloop.documents.card_prose import metrics_in_results, prose_evidence, version_in_name
from careloop.domain.card import Card, CardForm, CardSection, FieldState
from careloop.domain.place import Pointer

__all__ = ["card_of", "read_card_markdown"]

_CARD_FOR = re.compile(r"^(?:model\s+card|card)\b\s*(?:for|of|[:|–—-])?\s*(?:the\s+)?", re.IGNORECASE)
_MODEL_CARD = re.compile(r"\s+model\s+card$", re.IGNORECASE)
_VERSION = re.compile(r"[`\"'(]*([vV]?\d[\w.+-]*?)[.`\"')]*(?=[\s,;:(`]|$)")
_FROM_SCRATCH = re.compile(r"\W*(?:none|no|not|n/a|(?:trained )?from scratch)\b", re.IGNORECASE)
_NO_NAME = re.compile(
    r"(?:model[ _-]?(?:id|name)|table of contents?|contents|readme|overview|introduction|summary|model description"
    r"|description|abstract|model details|\W*)",
    re.IGNORECASE,
)
"""Titles that name no model: the template's own, and those that a text may begin with."""


def read_card_markdown(
    front: Mapping[str, object] | None,
    body: str,
    body_line: int,
    *,
    front_line_of: Callable[[Pointer], int] | None = None,
) -> Card:
    """Read a card; what it does not say is said in the fields' states, never by an error.

    `front` is the parsed front matter, `body_line` the file's line on which the body begins, `front_line_of` tells the
    file's line of a key of the front matter (without it: 1). Raises `CardRefused`, an `InvalidInput`, when `care:` does
    not fit.
    """
    front = front or {}
    blocks = read_blocks(body, body_line)
    evidence = [
        *_title_evidence(blocks),
        *blocks.evidence,
        *metadata_evidence(front, front_line_of or (lambda _: 1)),
        *prose_evidence(blocks.pieces),
    ]
    derived = implies_a_base_model(front)
    return card_of(CardForm.HUGGING_FACE, evidence, front, derived=derived, line_of=front_line_of)


def _title_evidence(blocks: Blocks) -> Iterator[Evidence]:
    """The name, from the first heading of the highest kind."""
    for level, title, line in blocks.titles:
        if level != min(one[0] for one in blocks.titles):
            continue
        name = _MODEL_CARD.sub("", _CARD_FOR.sub("", title)).strip(" :–—-")
        if not _NO_NAME.fullmatch(name):
            yield Evidence("name", Kind.SECTION, line, name)
            return
        if _CARD_FOR.match(title):
            yield Evidence("name", Kind.SECTION, line, "")


def card_of(
    form: CardForm,
    evidence: list[Evidence],
    front: Mapping[str, object],
    *,
    derived: bool,
    line_of: Callable[[Pointer], int] | None = None,
) -> Card:
    """The card that the evidence adds up to, whatever its form. Raises `CardRefused` when `care:` does not fit."""
    care = read_care(front)
    fields = settle([*evidence, *metrics_in_results(evidence)])
    named = version_in_name(fields["name"].text) if fields["name"].state is FieldState.STATED else None
    if fields["version"].state is not FieldState.STATED and named:
        fields["version"] = CardSection(state=FieldState.STATED, line=fields["name"].line, text=named)
    return Card(
        form=form,
        version=_version(fields["version"]),
        derived=derived or _names_a_parent(fields["base_model"]),
        fields=fields,
        claims=claims_of(care.claims, front, line_of or (lambda _: 1)),
        **{name: getattr(care, name) for name in type(care).model_fields if name != "claims"},
    )


def _names_a_parent(section: CardSection) -> bool:
    return section.state is FieldState.STATED and not _FROM_SCRATCH.match(section.text)


def _version(section: CardSection) -> str | None:
    """The version alone: "2.3" of "2.3 (June 2024)", else the whole first line."""
    if section.state is not FieldState.STATED:
        return None
    line = section.text.strip().splitlines()[0]
    first = _VERSION.match(line)
    return first[1] if first else line
