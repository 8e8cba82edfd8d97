"""The post room: the outbox, the channels of care.yaml and of the environment, and the deployer behind the outbox."""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from careloop import wiring
from careloop.adapters.automation_ports import AutomationPorts, automation_ports
from careloop.adapters.care_folder import keep_out_of_git
from careloop.adapters.outlet_channels import outlet_channels
from careloop.adapters.page_channels import page_channels
from careloop.adapters.sqlite_outbox import SqliteOutbox
from careloop.documents.compile import compile_tree
from careloop.domain.channels import Notify
from careloop.domain.organisation import Organisation
from careloop.ports.deployer import Deployer
from careloop.ports.outbox import Outbox
from careloop.ports.pager import Pager
from careloop.workflows.run.send_messages import OutboxDeployer, OutboxPager, PostRoom, Route, Subscription

__all__ = ["automation", "outbox", "pager", "post_room", "subscriptions"]

_HOLDER = f"{os.getpid()}-{secrets.token_hex(4)}"
_ENVIRONMENT_CHANNEL = "pager"
"""Name of the channel that `CARE_PAGER_URL` opens."""


def outbox(root: Path) -> Outbox:
    """Messages on their way; a table of the operational store."""
    return SqliteOutbox(root / ".care" / "state.sqlite")


def post_room(root: Path, ports: AutomationPorts | None = None) -> PostRoom:
    """What sending takes: channels of care.yaml, and that of the environment; the terminal, where there is neither."""
    found = ports or automation_ports(root, environ=os.environ)
    organisation = _organisation(root)
    notify = organisation.notify if organisation else None
    zone = ZoneInfo(organisation.time_zone) if organisation else None
    keep_out_of_git(root / ".care")
    return PostRoom(
        outbox=outbox(root),
        routes=_routes(notify, found.pager),
        holder=_HOLDER,
        clock=wiring.now,
        scatter=lambda: secrets.randbelow(1001) / 1000,
        quiet=notify.quiet_hours if notify else None,
        zone=zone,
        subscriptions=_subscriptions(notify, os.environ),
    )


def subscriptions(root: Path, *, keyless: bool = False) -> dict[str, Subscription]:
    """The tools that care.yaml has told what happened; without their keys, they can only show what they would send."""
    organisation = _organisation(root)
    return _subscriptions(organisation.notify if organisation else None, None if keyless else os.environ)


def automation(root: Path) -> tuple[AutomationPorts, Deployer, Pager]:
    """The ports of automation, with orders to a platform and pages going through the outbox."""
    ports = automation_ports(root, environ=os.environ)
    room = post_room(root, ports)
    own = ports.deployer is ports.registry
    return ports, ports.deployer if own else OutboxDeployer(ports.deployer, room), OutboxPager(room)


def pager(root: Path) -> Pager:
    """Who wakes people."""
    return OutboxPager(post_room(root))


def _organisation(root: Path) -> Organisation | None:
    """care.yaml as it lies there; while that cannot be read, as it was committed: a typo silences no page."""
    found = wiring.organisation_of(root)
    if found is not None:
        return found
    source = wiring.repository_source(root)
    commit = source.head().commit
    return None if commit is None else compile_tree(source.at(commit)).repository.organisation


def _subscriptions(notify: Notify | None, environ: Mapping[str, str] | None) -> dict[str, Subscription]:
    channels = {one.id: one for one in notify.channels} if notify else {}
    return {
        name: Subscription(
            outlet=outlet,
            about=channels[name].told_of,
            systems=None if (systems := channels[name].systems) is None else frozenset(systems),
        )
        for name, outlet in outlet_channels(notify, environ=environ).items()
    }


def _routes(notify: Notify | None, configured: Pager | None) -> dict[str, Route]:
    """The channel of the environment stands beside those of care.yaml."""
    waits = {one.id: one.notices for one in notify.channels} if notify else {}
    routes = {}
    if configured is None or (notify is not None and any(one.tells_people for one in notify.channels)):
        opened = page_channels(notify, environ=os.environ, stream=sys.stderr)
        routes = {name: Route(pager=one, notices=waits.get(name, True)) for name, one in opened.items()}
    if configured is not None:
        routes[_ENVIRONMENT_CHANNEL] = Route(pager=configured)
    return routes
