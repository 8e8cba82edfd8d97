"""An anchor at a witness: it cosigns what continues the log that it saw before (C2SP tlog-witness, by HTTP)."""

from http.client import HTTPException, HTTPResponse
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from careloop.errors import InvalidInput, Refused, Unavailable
from careloop.ledger.cosignature import WitnessKey, cosigned_at
from careloop.ledger.note import join_signatures
from careloop.ledger.witness import write_add_checkpoint
from careloop.ports.anchor import CHECKPOINT_MEDIA_TYPE, AnchorReceipt, Continuation
from careloop.ports.ledger import Checkpoint

__all__ = ["WitnessAnchor"]

_TIMEOUT_S: Final = 20
_MOST_BYTES: Final = 16_384


class WitnessAnchor:
    """An `Anchor` at the address that a witness takes submissions at, such as `https://witness.example/`."""

    def __init__(self, anchor_id: str, url: str, *, key: WitnessKey) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise InvalidInput(f"{anchor_id}: '{url}' is not an http address")
        self._id, self._url, self._key = anchor_id, f"{url.rstrip('/')}/add-checkpoint", key

    @property
    def id(self) -> str:
        """How the organisation calls it."""
        return self._id

    def newest(self) -> str | None:
        """Nothing: a witness answers only to who shows it a continuation of what it saw."""
        return None

    def keep(self, checkpoint: Checkpoint, continuation: Continuation) -> AnchorReceipt:
        """Ask for a cosignature, from what the witness saw last; the receipt is the checkpoint with both signatures."""
        status, said = self._ask(0, (), checkpoint)
        if status == 409:
            old = self._size(said)
            if old > checkpoint.size:
                raise Refused(f"the witness {self._key.name} saw {old} entries, and this log has {checkpoint.size}")
            status, said = self._ask(old, continuation(old), checkpoint)
        if status in (403, 404, 409, 422):
            raise Refused(
                f"the witness {self._key.name} does not cosign ({status}): {said.strip()}",
                hint="409 and 422 mean that it saw another log of this name: find out why before anything else.",
            )
        if status != 200:
            raise Unavailable(f"the witness {self._key.name} answered {status}: {said.strip()[:200]}")
        try:
            note = join_signatures(checkpoint.note, checkpoint.note.rpartition("\n\n")[0] + "\n\n" + said)
            seen = cosigned_at(note, self._key)
        except InvalidInput as error:
            raise Refused(f"the witness {self._key.name} answered with no signature: {error.message}") from error
        if seen is None:
            raise Refused(f"what the witness answered is not signed by {self._key.name}")
        return AnchorReceipt(content=note.encode(), media=CHECKPOINT_MEDIA_TYPE)

    def _ask(self, old: int, proof: tuple[bytes, ...], checkpoint: Checkpoint) -> tuple[int, str]:
        body = write_add_checkpoint(old, proof, checkpoint.note)
        request = Request(self._url, data=body, headers={"content-type": "text/plain"}, method="POST")
        try:
            with urlopen(request, timeout=_TIMEOUT_S) as answer:
                assert isinstance(answer, HTTPResponse)
                return answer.status, answer.read(_MOST_BYTES).decode(errors="replace")
        except HTTPError as error:
            with error:
                return error.code, error.read(_MOST_BYTES).decode(errors="replace")
        except (URLError, OSError, HTTPException) as error:
            raise Unavailable(f"the witness {self._key.name} cannot be reached: {error}") from error

    def _size(self, said: str) -> int:
        if not said.removesuffix("\n").isdigit() or len(said) > 20:
            raise Refused(f"the witness {self._key.name} did not say how long the log is that it saw")
        return int(said)
