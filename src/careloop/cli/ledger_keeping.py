"""What keeps the ledger honest, as commands of `care ledger`: anchor, recover, rotate, redact, hold, retain."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from careloop import __version__, wiring
from careloop.cli.release_arguments import AsOption, KeyOption, RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, print_json, repository_root, say
from careloop.errors import UsageError
from careloop.ledger.retention import Hold
from careloop.wiring import trust
from careloop.workflows.evolve.anchor_ledger import Anchored, anchor_ledger
from careloop.workflows.evolve.erase_personal import Erasure, holds_of, place_hold, redact, release_hold, retain
from careloop.workflows.run.signed_order import OrderAsk, SignedOrder, sign_order

__all__ = ["add_commands"]

ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; recorded.")]


def add_commands(app: typer.Typer) -> None:
    """Put them beside the commands that only read."""
    for command in (_anchor, _recover, _rotate, _redact, _hold, _retain):
        app.command(command.__name__.removeprefix("_"))(command)


def _anchor(repo: RepoOnlyOption = None, output_format: FormatOption = Format.TEXT) -> None:
    """Have every anchor of care.yaml remember the newest checkpoint, and record what each gave back.

    Example:  care ledger anchor. Exit codes:  0 all took it  ·  1 one did not, or knows of another log.
    """
    root = repository_root(None, repo)
    anchors = trust.anchors_of(root)
    if not anchors:
        raise UsageError(
            "care.yaml lists no anchors", hint="add `anchors: [{id: disk, kind: file, at: /mnt/other/anchor}]`"
        )
    with trust.clerk_for(root) as clerk:
        done = anchor_ledger(clerk, anchors)
    if output_format is Format.JSON:
        rows = [_as_json(one) for one in done]
        print_json({"schema": "careloop/ledger-anchor/v1", "careloop_version": __version__, "anchors": rows})
    for one in done if output_format is Format.TEXT else ():
        if one.receipt is not None:
            say(f"{one.anchor}: remembers {one.size:,} entries (ledger entry {one.receipt.index})", "good")
        else:
            say(f"{one.anchor}: {'refused' if one.refused else 'not reached'}: {one.why}", "bad")
    raise typer.Exit(0 if all(one.receipt is not None for one in done) else 1)


def _recover(
    reason: ReasonOption,
    accept_loss: Annotated[bool, typer.Option("--accept-loss", help="Say that no backup holds what is lost.")] = False,
    repo: RepoOnlyOption = None,
) -> None:
    """Go on with a ledger that lost entries: a recorded fork under a new key; the old anchor stays as evidence.

    Example:  care ledger recover --accept-loss --reason "The disk lost its cache"
    """
    if not accept_loss:
        raise UsageError(
            "entries that an anchor proves would be given up",
            hint="restore a backup; if there is none, say --accept-loss: whoever trusts the old key will ask",
        )
    receipt = trust.recover_ledger(repository_root(None, repo), reason=reason)
    say(f"the ledger goes on under a new key; the loss is entry {receipt.index}", "summary")


def _rotate(reason: ReasonOption, repo: RepoOnlyOption = None) -> None:
    """Give the log a new key: recorded, and the checkpoint of that moment signed by both keys.

    Example:  care ledger rotate --reason "Yearly". Interrupted, it is finished by running it again.
    """
    key = trust.rotate_ledger(repository_root(None, repo), reason=reason)
    say(f"the log's key is now {key}", "summary")
    say("who trusts the old key is led to this one by every export", "detail")


def _redact(
    index: Annotated[int, typer.Argument(metavar="INDEX", min=0, help="Number of the entry.")],
    reason: ReasonOption,
    field: Annotated[
        list[str] | None, typer.Option("--field", metavar="NAME", help="Which personal value; all when none is named.")
    ] = None,
    person: AsOption = None,
    key: KeyOption = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Erase personal values of an entry: the value goes, a record says so, every proof stays (authority: erase).

    Example:  care ledger redact 17 --field customer --reason "Asked for under GDPR Art. 17"
    """
    root = repository_root(None, repo)
    about = {"entry": str(index), "fields": ",".join(field or ["*"])}
    order = _ordered(OrderAsk(action="redact", reason=reason, system=None, about=about, person=person), root, key)
    with trust.clerk_for(root, actor=order.actor, proof=order.proof) as clerk, trust.personal_values(root) as values:
        done = redact(clerk, values, index, field or [], reason=order.reason)
    _show_erasures([done], output_format)


def _hold(
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; recorded.")] = None,
    kind: Annotated[str | None, typer.Option("--type", metavar="T", help="Only records of this type.")] = None,
    subject: Annotated[str | None, typer.Option("--subject", metavar="S", help="Only records about this.")] = None,
    entry: Annotated[int | None, typer.Option("--entry", metavar="INDEX", min=0, help="Only this entry.")] = None,
    release: Annotated[str | None, typer.Option("--release", metavar="ID", help="Let this hold go.")] = None,
    person: AsOption = None,
    key: KeyOption = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Keep personal values from being erased (legal hold), let a hold go, or, without --reason, list those in force.

    Example:  care ledger hold --subject systems/credit-decision --reason "Court case 12/26"
    """
    root = repository_root(None, repo)
    if reason is not None:
        named = {"type": kind, "subject": subject, "entry": entry}
        scope = {name: value for name, value in named.items() if value is not None}
        about = {"hold": release} if release else {name: str(value) for name, value in scope.items()}
        action = "release_hold" if release else "hold"
        order = _ordered(OrderAsk(action=action, reason=reason, system=None, about=about, person=person), root, key)
        with trust.clerk_for(root, actor=order.actor, proof=order.proof) as clerk:
            if release:
                release_hold(clerk, release, reason=order.reason)
            else:
                place_hold(clerk, scope, reason=order.reason)
    elif release is not None:
        raise UsageError("letting a hold go needs a reason", hint="give --reason TEXT")
    ledger = wiring.open_ledger(root)
    try:
        holds = holds_of(ledger)
    finally:
        ledger.close()
    _show_holds(holds, output_format)


def _retain(
    rehearse: Annotated[bool, typer.Option("--dry-run", help="Say what would be erased, and erase nothing.")] = False,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Erase personal values that are past the time care.yaml keeps their type (`retention:`); what is held stays.

    Example:  care ledger retain --dry-run
    """
    root = repository_root(None, repo)
    keep = trust.retention_of(root)
    if not keep:
        raise UsageError("care.yaml says no retention", hint="add `retention: {incident.opened: P5Y}`")
    with trust.clerk_for(root) as clerk, trust.personal_values(root) as values:
        done = retain(clerk, values, keep=keep, rehearse=rehearse)
    _show_erasures(done, output_format)


def _ordered(ask: OrderAsk, root: Path, key: Path | None) -> SignedOrder:
    """The order, signed by a person with the authority for it."""
    with wiring.release_desk(root, {}) as desk:
        return sign_order(ask, desk, wiring.approval_keys(root, key), wiring.now())


def _show_erasures(done: Sequence[Erasure], output_format: Format) -> None:
    if output_format is Format.JSON:
        rows = [
            {
                "entry": one.index,
                "fields": list(one.fields),
                "held_by": one.held_by.id if one.held_by else None,
                "recorded": one.receipt.index if one.receipt else None,
            }
            for one in done
        ]
        print_json({"schema": "careloop/ledger-redact/v1", "careloop_version": __version__, "erasures": rows})
        return
    for one in done:
        fields = ", ".join(one.fields)
        if one.receipt is not None:
            say(f"entry {one.index}: {fields} erased (ledger entry {one.receipt.index})")
        elif one.held_by is not None:
            say(f"entry {one.index}: {fields} kept: legal hold {one.held_by.id} ({one.held_by.reason})", "warn")
        else:
            say(f"entry {one.index}: {fields} would be erased")
    say(f"{sum(one.receipt is not None for one in done):,} of {len(done):,} entries erased", "summary")


def _show_holds(holds: Sequence[Hold], output_format: Format) -> None:
    if output_format is Format.JSON:
        rows = [{"id": one.id, "entry": one.index, "scope": one.scope, "reason": one.reason} for one in holds]
        print_json({"schema": "careloop/ledger-holds/v1", "careloop_version": __version__, "holds": rows})
        return
    for one in holds:
        say(f"{one.id}  {one.scope}: {one.reason} (ledger entry {one.index})")
    say(f"{len(holds):,} legal holds in force", "summary")


def _as_json(one: Anchored) -> dict[str, object]:
    recorded = one.receipt.index if one.receipt else None
    return {"anchor": one.anchor, "size": one.size, "recorded": recorded, "refused": one.refused, "why": one.why}
