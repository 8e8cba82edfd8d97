"""An anchor on another disk: the newest checkpoint in a file that never goes back."""

from pathlib import Path

from careloop.adapters.durable_file import write_durably
from careloop.errors import Refused, Unavailable
from careloop.ledger.note import note_signatures, note_text
from careloop.ports.anchor import CHECKPOINT_MEDIA_TYPE, AnchorReceipt, Continuation
from careloop.ports.ledger import Checkpoint

__all__ = ["FileAnchor"]


class FileAnchor:
    """An `Anchor` in a file; its folder must be there, so that a disk that is not mounted is noticed."""

    def __init__(self, anchor_id: str, path: Path) -> None:
        self._id, self._path = anchor_id, path

    @property
    def id(self) -> str:
        """How the organisation calls it."""
        return self._id

    def newest(self) -> str | None:
        """The note in the file."""
        try:
            return self._path.read_bytes().decode()
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            raise Refused(f"{self._path} is not a signed checkpoint") from error
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be read: {error.strerror}") from error

    def keep(self, checkpoint: Checkpoint, continuation: Continuation) -> AnchorReceipt:
        """Put it in the file, unless a longer log by the same key stands there."""
        kept = self.newest()
        if kept is not None and not _keys(kept) & _keys(checkpoint.note):
            self._set_aside(kept)  # of a key that was changed or given up since: it stays as evidence
        elif kept is not None and _size(kept) > checkpoint.size:
            raise Refused(f"{self._path} knows a log of {_size(kept)} entries, and this one has {checkpoint.size}")
        write_durably(self._path, checkpoint.note.encode())
        return AnchorReceipt(content=checkpoint.note.encode(), media=CHECKPOINT_MEDIA_TYPE)

    def _set_aside(self, kept: str) -> None:
        write_durably(self._path.with_name(f"{self._path.name}.until-{_size(kept)}"), kept.encode())


def _keys(note: str) -> set[bytes]:
    return {signature[:4] for _, signature in note_signatures(note)}


def _size(note: str) -> int:
    lines = note_text(note).split("\n")
    return int(lines[1]) if len(lines) > 1 and lines[1].isdigit() else 0
