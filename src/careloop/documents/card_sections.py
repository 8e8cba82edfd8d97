"""Which fields a part of a card speaks about, given the section it stands in.

A short label means different things in different places: "Date" under "Model Details" is the model's, under "Training
Data" it is the data's; "Training data" as a bullet of "Limitations" is a topic, not a statement of what was used.
"""

from careloop.documents.card_headings import DETAILS, fields_of, plain

__all__ = ["Targets", "also_counts_for", "targets_within"]

Targets = tuple[str, ...]
"""Ids of `CARD_FIELDS` that a piece of text counts for; empty for none."""

_DATASET = frozenset({"data", "dataset", "data source", "corpus"})
_EVALUATION = frozenset({"eval", "evaluation", "test", "testing", "validation", "dev"})
_CARE = frozenset({"human_oversight", "security", "monitoring"})
_MEASURED = frozenset(
    {"metrics", "results", "thresholds", "disaggregated_results", "evaluation_data", "factors", "limitations"}
)

_MAY_STAND_IN: dict[str, frozenset[str]] = {
    "intended_use": frozenset({"users", "out_of_scope_use", "limitations", "factors", "thresholds"}) | _CARE,
    "users": frozenset({"intended_use", "out_of_scope_use"}),
    "out_of_scope_use": frozenset({"limitations", "human_oversight"}),
    "factors": frozenset({"disaggregated_results"}),
    "metrics": _MEASURED,
    "thresholds": frozenset({"human_oversight"}),
    "results": _MEASURED,
    "evaluation_data": _MEASURED,
    "disaggregated_results": frozenset({"limitations"}),
    "training_data": frozenset({"evaluation_data", "limitations"}),
    "limitations": frozenset({"out_of_scope_use", "factors", "disaggregated_results", "environment"}) | _CARE,
    "human_oversight": _CARE,
    "security": _CARE,
    "monitoring": _CARE,
    "environment": frozenset(),
    "owner": frozenset({"contact"}),
    "contact": frozenset({"owner"}),
    "version": frozenset({"date"}),
    "date": frozenset({"version"}),
    "name": frozenset({"version"}),
    "model_type": frozenset({"base_model"}),
}
"""Section to the fields that may be stated inside it under their own label; other labels are topics of the section."""

_TOPICAL = frozenset({"limitations", "out_of_scope_use", "factors", "environment", "training_data"}) | _CARE
"""Sections in which even a nested heading is often a topic."""


def targets_within(title: str, parent: Targets, *, heading: bool, top: bool = False) -> Targets | None:
    """What a label or a nested heading announces inside a section; None when it goes on with the section's own theme.

    `heading`: a heading stands more for itself than a label does. `top`: the parent is the document's first level,
    where nesting means little.
    """
    fields = fields_of(title)
    if fields is None:
        return None
    if not fields:
        return () if heading else None
    if not parent:
        return fields
    if plain(title) in _DATASET and not {"results", "evaluation_data", "metrics"}.isdisjoint(parent):
        return ("evaluation_data",)
    if plain(title) in _EVALUATION and "training_data" in parent:
        return ("evaluation_data",)
    if heading and top:
        return fields
    kept = tuple(field for field in fields if _may_stand(field, parent, heading=heading))
    return kept or None


def _may_stand(field: str, parent: Targets, *, heading: bool) -> bool:
    if field in parent or any(field in _MAY_STAND_IN.get(outer, frozenset()) for outer in parent):
        return True
    return heading and field not in DETAILS and _TOPICAL.isdisjoint(parent)


def also_counts_for(fields: Targets, parent: Targets) -> Targets:
    """Fields of the section around that a labelled statement counts for as well.

    A bullet "Human oversight: …" among the limitations is one of them; "Test set: 0.93" among the results is a result.
    """
    outer = tuple(field for field in parent if field not in fields)
    if "limitations" in outer:
        return outer
    return outer if "results" in outer and set(fields) <= {"evaluation_data", "metrics"} else ()
