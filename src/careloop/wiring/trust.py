"""Composition for what keeps the ledger honest: anchors, witness, personal values, key changes, exports."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from careloop import wiring
from careloop.domain.noun import seconds_in
from careloop.domain.organisation import LedgerAnchor, Organisation
from careloop.errors import CareloopError, InvalidInput, Refused, Unavailable
from careloop.ports.anchor import Anchor
from careloop.ports.ledger import Actor, ActorKind, Checkpoint, Json, Ledger, Receipt

if TYPE_CHECKING:
    from careloop.adapters.witness_folder import WitnessFolder
    from careloop.ledger.note import Verifier
    from careloop.ledger.witness import Decision
    from careloop.ports.personal_values import PersonalValues
    from careloop.workflows.evolve.ledger_clerk import LedgerClerk

__all__ = [
    "KEEPER",
    "anchored",
    "anchors_in",
    "anchors_of",
    "clerk_for",
    "export_ledger",
    "followed",
    "personal_values",
    "pseudonyms",
    "recover_ledger",
    "retention_of",
    "rotate_ledger",
    "rotation_notes",
    "witness_folder",
    "witness_from_environment",
]

KEEPER: Final = Actor(iss="careloop", sub="care-ledger", kind=ActorKind.SERVICE)
"""Who acts when holding the log's key is the authority: careloop at the owner's hand."""


def pseudonyms(root: Path) -> Callable[[str], str]:
    """Names people in lists without naming them; the key lies beside the ledger's."""
    from careloop.adapters import pseudonyms as keyed

    return keyed.pseudonyms(root / ".care" / "keys" / "pseudonyms")


def anchors_of(root: Path) -> tuple[Anchor, ...]:
    """The anchors that `care.yaml` lists."""
    organisation = wiring.organisation_of(root)
    return anchors_in(root, organisation) if organisation else ()


def anchored(root: Path, ledger: Ledger, organisation: Organisation) -> Ledger:
    """The ledger, once it holds against what `care.yaml: anchors` remember; closed and refused when it does not."""
    from careloop.workflows.evolve.anchor_ledger import check_anchors

    try:
        check_anchors(ledger, anchors_in(root, organisation))
    except CareloopError:
        ledger.close()
        raise
    return ledger


def anchors_in(root: Path, organisation: Organisation) -> tuple[Anchor, ...]:
    """The anchors of a `care.yaml` that was read already."""
    return tuple(_anchor(root, one) for one in organisation.anchors)


@contextmanager
def clerk_for(
    root: Path, *, actor: Actor = KEEPER, proof: Mapping[str, Json] | None = None, create: bool = False
) -> "Iterator[LedgerClerk]":
    """Somebody at work on the ledger of a repository, which must hold against its anchors; `create` may start one."""
    from careloop.workflows.evolve.ledger_clerk import LedgerClerk

    now = wiring.now()
    with closing(wiring.ledger_to_write(root, create=create)) as ledger:
        yield LedgerClerk(ledger=ledger, actor=actor, now=now, make_id=partial(wiring.new_id, now), proof=proof or {})


@contextmanager
def personal_values(root: Path) -> "Iterator[PersonalValues]":
    """The personal values beside the repository's ledger, in the same kind of store."""
    if url := _postgres_url(root):
        from careloop.adapters.postgres_personal_values import PostgresPersonalValues

        with closing(PostgresPersonalValues(url)) as stored:
            yield stored
        return
    from careloop.adapters.sqlite_personal_values import SqlitePersonalValues

    with closing(SqlitePersonalValues(_personal_path(root))) as values:
        yield values


def retention_of(root: Path) -> Mapping[str, timedelta]:
    """How long personal values of each type are kept, as `care.yaml` says."""
    organisation = wiring.organisation_of(root)
    limits = organisation.retention if organisation else {}
    return {kind: timedelta(seconds=seconds_in(limit)) for kind, limit in limits.items()}


def export_ledger(root: Path, out: Path, *, with_personal: bool = True) -> Checkpoint:
    """Write the export of the repository's ledger; personal values that are not erased go with it when asked for."""
    from careloop.adapters.ledger_export import export_ledger as export
    from careloop.adapters.ledger_rotation import rotations_of
    from careloop.workflows.evolve.erase_personal import values_to_show

    with closing(wiring.open_ledger(root)) as ledger:
        shown: tuple[bytes, ...] = ()
        if with_personal and (_postgres_url(root) or _personal_path(root).is_file()):
            with personal_values(root) as values:
                shown = values_to_show(ledger, values)
        return export(ledger, out, disclosures=shown, rotations=rotations_of(_database(root)))


def rotation_notes(root: Path) -> tuple[str, ...]:
    """The checkpoints of the ledger at which its key was changed, signed by both keys each, oldest first."""
    from careloop.adapters.ledger_rotation import rotations_of

    return tuple(rotations_of(_database(root)).values())


def followed(root: Path, trusted: "Verifier") -> "Verifier":
    """The log's newest key, where a trusted one leads to it; a log that does not open leaves the trusted one."""
    from careloop.adapters.ledger_rotation import rotations_of
    from careloop.adapters.local_ledger import open_local_ledger
    from careloop.workflows.evolve.anchor_ledger import newest_key

    try:
        with closing(open_local_ledger(root, url=wiring.ledger_url(root), read_only=True)) as ledger:
            return newest_key(ledger, trusted, rotations_of(_database(root)))
    except CareloopError:
        return trusted


def recover_ledger(root: Path, *, reason: str) -> Receipt:
    """Go on after a loss that no backup mends: a recorded fork under a new key."""
    from careloop.adapters.ledger_files import files_of
    from careloop.adapters.local_ledger import fork_local_ledger
    from careloop.adapters.signing_keys import load_verifier
    from careloop.ports.ledger import Record

    now = wiring.now()
    record = Record(id=wiring.new_id(now), type="ledger.forked", actor=KEEPER, occurred_at=now, data={"reason": reason})
    origin = load_verifier(files_of(_database(root)).public_key).name
    url, known = wiring.ledger_url(root), _lost_elsewhere(root)
    return fork_local_ledger(root, url, origin=origin, record=record, recorded_at=now, known=known)


def _lost_elsewhere(root: Path) -> Checkpoint | None:
    """What an anchor of care.yaml knows of the log that the log itself does not; None where it does not even open."""
    from careloop.adapters.local_ledger import open_local_ledger
    from careloop.workflows.evolve.anchor_ledger import lost_to

    try:
        ledger = open_local_ledger(root, url=wiring.ledger_url(root), read_only=True)
    except Refused:
        return None
    with closing(ledger):
        return lost_to(ledger, anchors_of(root))


def rotate_ledger(root: Path, *, reason: str) -> str:
    """Give the log a new key, recorded and signed by both; the new public key."""
    from careloop.adapters.ledger_rotation import rotate_key
    from careloop.adapters.local_ledger import open_local_ledger
    from careloop.ports.ledger import Record

    now = wiring.now()
    record = Record(
        id=wiring.new_id(now), type="ledger.key_rotated", actor=KEEPER, occurred_at=now, data={"reason": reason}
    )
    opening = partial(open_local_ledger, root, url=wiring.ledger_url(root))
    return rotate_key(_database(root), opening, record=record, recorded_at=now)


def witness_folder(folder: Path) -> "WitnessFolder":
    """A witness's folder."""
    from careloop.adapters.witness_folder import WitnessFolder

    return WitnessFolder(folder)


def witness_from_environment() -> "Callable[[bytes], Decision]":
    """What answers for the witness whose folder the environment names; its list of logs is read with each request."""
    from careloop.workflows.evolve.witness_log import answer_log

    named = os.environ.get("CARELOOP_WITNESS")
    if not named:
        raise Unavailable("CARELOOP_WITNESS names no folder")
    folder = witness_folder(Path(named))
    key = folder.key()

    def answer(body: bytes) -> "Decision":
        return answer_log(body, memory=folder, logs=folder.logs(), key=key, time=int(wiring.now().timestamp()))

    return answer


def _anchor(root: Path, one: LedgerAnchor) -> Anchor:
    from careloop.adapters.anchor_file import FileAnchor
    from careloop.adapters.anchor_git_tag import GitTagAnchor
    from careloop.adapters.anchor_timestamp import TimestampAnchor
    from careloop.adapters.anchor_witness import WitnessAnchor
    from careloop.ledger.cosignature import read_witness_key

    key = one.key or ""
    match one.kind:
        case "file":
            return FileAnchor(one.id, root / one.at)
        case "git-tag":
            return GitTagAnchor(one.id, root, key=_path(root, key), remote=None if one.at == "." else one.at)
        case "witness":
            try:
                return WitnessAnchor(one.id, one.at, key=read_witness_key(key))
            except InvalidInput as error:
                raise InvalidInput(f"care.yaml: anchors: {one.id}: key: {error.message}") from error
        case "timestamp":
            return TimestampAnchor(one.id, one.at, roots=_path(root, key))


def _path(root: Path, text: str) -> Path:
    return root / Path(text).expanduser()


def _database(root: Path) -> Path:
    from careloop.adapters.local_ledger import ledger_home

    return ledger_home(root, wiring.ledger_url(root))


def _postgres_url(root: Path) -> str | None:
    url = wiring.ledger_url(root) or ""
    return url if url.startswith(("postgresql:", "postgres:")) else None


def _personal_path(root: Path) -> Path:
    return _database(root).with_name("personal.sqlite")
