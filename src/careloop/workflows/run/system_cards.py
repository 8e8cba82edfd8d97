"""What the documents say of every system at a glance: computed once for a commit, however often a page is shown."""

from __future__ import annotations

from dataclasses import dataclass

from careloop.checks.subjects import Cases
from careloop.checks.tiering import tier_rules_met
from careloop.domain.monitor import Monitors
from careloop.domain.repository import Repository
from careloop.domain.risk import TierRule
from careloop.domain.roles import Roles
from careloop.domain.system import Lifecycle, SafeStateKind, System
from careloop.domain.tier import Tier
from careloop.workflows.run.watched_monitor import seconds_in

__all__ = ["SystemCard", "system_cards"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemCard:
    """What the documents say of one system."""

    id: str
    name: str
    purpose: str
    domain: str
    tier: Tier
    tier_because: tuple[str, ...]
    """The inventory's own reason, then that of each tier rule of the criteria that the system meets."""
    stage: Lifecycle
    owner: str
    """Post."""
    owner_title: str | None
    """None when roles.yaml does not list the post."""
    holders: tuple[str, ...]
    """Names of the people who hold the post."""
    safe_state: SafeStateKind | None
    """As declared."""
    monitors: int
    shortest_window_s: int | None
    """Of its monitors; None without any."""


def system_cards(repository: Repository) -> tuple[SystemCard, ...]:
    """Every system of the inventory, in the order of their ids. The same documents give the same cards."""
    rules = tier_rules_met(Cases(repository, None), repository)
    titles, holders = _posts(repository.only(Roles))
    windows = {
        str(document.folder): tuple(seconds_in(monitor.window) for monitor in found.monitors)
        for document, found in repository.all(Monitors)
    }
    cards = [
        SystemCard(
            id=system.id,
            name=system.name,
            purpose=system.purpose,
            domain=system.domain,
            tier=system.tier,
            tier_because=(system.tier_reason, *_reasons(rules.get(system.id, ()))),
            stage=system.lifecycle,
            owner=system.owner,
            owner_title=titles.get(system.owner),
            holders=holders.get(system.owner, ()),
            safe_state=None if system.safe_state is None else system.safe_state.kind,
            monitors=len(windows.get(system.id, ())),
            shortest_window_s=min(windows.get(system.id, ()), default=None),
        )
        for system in repository.nouns(System)
    ]
    return tuple(sorted(cards, key=lambda card: card.id))


def _posts(roles: Roles | None) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Title of each post, and the names of those who hold it."""
    if roles is None:
        return {}, {}
    names = {person.id: person.name for person in roles.people}
    titles = {post.id: post.title for post in roles.posts}
    return titles, {post.id: tuple(names.get(one, one) for one in post.holders) for post in roles.posts}


def _reasons(rules: tuple[TierRule, ...]) -> tuple[str, ...]:
    return tuple(f"{rule.tier.value}: {rule.reason}" for rule in rules)
