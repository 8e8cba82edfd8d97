"""What the governance repository already says that a system's card needs, and what other cards have alike."""

from collections import Counter
from collections.abc import Iterator

from careloop.documents.card_draft import Said
from careloop.domain.card import Card, FieldState
from careloop.domain.dataset import Dataset, UsedFor
from careloop.domain.model_facts import ModelFacts
from careloop.domain.monitor import Monitors
from careloop.domain.repository import Repository
from careloop.domain.risk import Risk, RiskKind
from careloop.domain.roles import Roles
from careloop.domain.system import Autonomy, System

__all__ = ["said_by_facts", "said_by_repository"]

_SHARED = {"licence": 1, "contact": 1, "security": 2}
"""Fields in which the cards of one organisation are usually alike, and in how many cards they must be."""

_OVERSIGHT = {
    Autonomy.ADVISES: "It advises; a person decides and may leave its advice aside.",
    Autonomy.HUMAN_DECIDES: "A person decides each case and sees the output as one input among others.",
    Autonomy.HUMAN_CAN_OVERRIDE: "It decides; a person can look at any case and decide otherwise.",
}


def said_by_repository(system: System, repository: Repository) -> dict[str, Said]:
    """Texts by field, from the system's own documents, its risks and the other cards."""
    found = dict(_of_system(system, repository))
    for field, said in _of_documents(system, repository):
        found.setdefault(field, said)
    for field, said in _of_other_cards(system, repository):
        found.setdefault(field, said)
    return found


def _of_system(system: System, repository: Repository) -> Iterator[tuple[str, Said]]:
    path = f"systems/{system.id}/system.yaml"
    if system.intended_use:
        yield "intended_use", Said(_list(use.purpose for use in system.intended_use), path, False)
    else:
        yield "intended_use", Said(system.purpose, f"the purpose in {path}")
    if system.users:
        yield "users", Said(_list(system.users), path, False)
    if system.out_of_scope_uses:
        yield "out_of_scope_use", Said(_list(system.out_of_scope_uses), path, False)
    if system.autonomy in _OVERSIGHT:
        yield "human_oversight", Said(_OVERSIGHT[system.autonomy], f"autonomy is {system.autonomy.value} in {path}")
    if system.events and (groups := [*system.events.groups, *system.events.segment]):
        yield "factors", Said(_list(f"`{name}`" for name in groups), f"groups and segments of the events in {path}")
    if system.resources and system.resources.computing:
        yield "environment", Said(system.resources.computing.environmental_impact, path, False)
    if system.design:
        yield "version", Said(system.design.version, path, False)
        yield "model_type", Said(system.design.architecture, path, False)
    organisation = repository.organisation
    if organisation is not None:
        yield "owner", Said(organisation.organisation.name, "care.yaml", False)


def _of_documents(system: System, repository: Repository) -> Iterator[tuple[str, Said]]:
    risks = [r for r in repository.nouns(Risk) if system.id in r.systems and r.kind is RiskKind.RISK]
    if risks:
        text = _list(f"{risk.title}: {risk.cause}" for risk in risks)
        yield "limitations", Said(text, f"the risk register: {', '.join(risk.id for risk in risks)}")
    for use, field in ((UsedFor.TRAINING, "training_data"), (UsedFor.EVALUATION, "evaluation_data")):
        named = [
            document.path
            for document, data in repository.all(Dataset)
            if document.folder == system.id and use in data.used_for
        ]
        if named:
            yield field, Said(_list(f"See `{path}`" for path in named), "the data sheets of the system", False)
    watched = [m for d, m in repository.all(Monitors) if d.folder == system.id and m.monitors]
    if watched:
        text = _list(f"{one.kind.value}: `{one.measure}`, every {one.window}" for one in watched[0].monitors)
        yield "monitoring", Said(text, f"systems/{system.id}/monitors.yaml", False)
    roles = repository.only(Roles)
    people = {person.id: person for person in roles.people} if roles else {}
    for post in roles.posts if roles else ():
        mails = [people[name].mail for name in post.holders if name in people and people[name].mail]
        if post.id == system.owner and mails:
            yield "contact", Said(f"{post.title}, {mails[0]}", "roles.yaml: who owns the system")


def _of_other_cards(system: System, repository: Repository) -> Iterator[tuple[str, Said]]:
    others = [(document, card) for document, card in repository.all(Card) if document.folder != system.id]
    for field, alike in _SHARED.items():
        texts = [card.fields[field].text for _, card in others if card.fields[field].state is FieldState.STATED]
        if texts:
            text, times = Counter(texts).most_common(1)[0]
            if times >= alike:
                yield field, Said(text, f"as {times} of {len(others)} other cards have it")


def said_by_facts(facts: ModelFacts) -> dict[str, Said]:
    """Texts by field, from a registry, a model's file or a published card; a person has still to agree to each."""
    read: dict[str, str | None] = {
        "version": facts.version,
        "date": facts.made_on.isoformat() if facts.made_on else None,
        "model_type": facts.kind,
        "licence": facts.licence,
        "base_model": facts.base_model,
        "training_data": _data(facts.training_data, facts.inputs),
        "evaluation_data": _data(facts.evaluation_data, ()),
        "thresholds": _thresholds(facts),
    }
    found = {**facts.sections, **{field: text for field, text in read.items() if text}}
    for figures in ("results", "disaggregated_results", "metrics"):
        found.pop(figures, None)
    return {field: Said(text, facts.source) for field, text in found.items() if text}


def _data(named: tuple[str, ...], inputs: tuple[str, ...]) -> str | None:
    if not named:
        return None
    columns = f" Inputs: {', '.join(f'`{one}`' for one in inputs)}." if inputs else ""
    return f"{', '.join(f'`{one}`' for one in named)}.{columns}"


def _thresholds(facts: ModelFacts) -> str | None:
    named = [name for name in facts.parameters if "threshold" in name.lower() or "cutoff" in name.lower()]
    return f"The parameter `{named[0]}`, whose value the release lock states." if named else None


def _list(texts: "Iterator[str] | tuple[str, ...]") -> str:
    return "\n".join(f"- {' '.join(text.split())}" for text in texts)
