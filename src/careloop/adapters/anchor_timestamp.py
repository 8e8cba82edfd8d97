"""An anchor in time: a time stamping authority signs that the checkpoint existed then (RFC 3161, by HTTP; RFC 5816)."""

from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from careloop.errors import InvalidInput, Refused, Unavailable
from careloop.ledger.export_layout import TIMESTAMP_MEDIA_TYPE
from careloop.ports.anchor import AnchorReceipt, Continuation
from careloop.ports.ledger import Checkpoint

__all__ = ["TimestampAnchor"]

_TIMEOUT_S: Final = 20
_MOST_BYTES: Final = 64 * 1024


class TimestampAnchor:
    """An `Anchor` at any authority; `roots` is a PEM file of the certificates that it is trusted by."""

    def __init__(self, anchor_id: str, url: str, *, roots: Path) -> None:
        self._id, self._url, self._roots = anchor_id, url, roots

    @property
    def id(self) -> str:
        """How the organisation calls it."""
        return self._id

    def newest(self) -> str | None:
        """Nothing: an authority does not remember what it signed."""
        return None

    def keep(self, checkpoint: Checkpoint, continuation: Continuation) -> AnchorReceipt:
        """Get a token over the checkpoint's note, and check it before it counts."""
        try:
            from rfc3161_client import HashAlgorithm, TimestampRequestBuilder
        except ImportError as error:
            raise Unavailable("time stamps need rfc3161-client", hint="pip install 'careloop[anchors]'") from error
        note = checkpoint.note.encode()
        asked = TimestampRequestBuilder().data(note).hash_algorithm(HashAlgorithm.SHA256).build()
        reply = self._ask(asked.as_bytes())
        self._check(reply, note, asked.nonce)
        return AnchorReceipt(content=reply, media=TIMESTAMP_MEDIA_TYPE)

    def _check(self, reply: bytes, note: bytes, nonce: int | None) -> None:
        from cryptography.x509 import load_pem_x509_certificates
        from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

        try:
            roots = load_pem_x509_certificates(self._roots.read_bytes())
        except (OSError, ValueError) as error:
            raise InvalidInput(f"{self._id}: {self._roots} holds no certificates: {error}") from error
        builder = VerifierBuilder()
        for root in roots:
            builder = builder.add_root_certificate(root)
        if nonce is not None:
            builder = builder.nonce(nonce)
        try:
            builder.build().verify_message(decode_timestamp_response(reply), note)
        except (ValueError, VerificationError) as error:
            raise Refused(f"{self._id}: the authority's reply does not hold: {error}") from error

    def _ask(self, asked: bytes) -> bytes:
        request = Request(self._url, data=asked, headers={"content-type": "application/timestamp-query"}, method="POST")
        try:
            with urlopen(request, timeout=_TIMEOUT_S) as answer:
                assert isinstance(answer, HTTPResponse)
                return answer.read(_MOST_BYTES)
        except HTTPError as error:
            with error:
                raise Unavailable(f"{self._id}: the authority answered {error.code}") from error
        except (URLError, OSError, HTTPException, ValueError) as error:
            raise Unavailable(f"{self._id}: the authority cannot be reached: {error}") from error
