"""A Prometheus, or what speaks its interface, asked for ranges of time over HTTP (`/api/v1/query_range`).

No more of an answer is read than a figure can need, no longer than it may take, and no redirect is followed. Source:
Prometheus, HTTP API.
"""

from __future__ import annotations

import json
import math
import time
from base64 import b64encode
from http.client import HTTPException, HTTPResponse
from typing import Any, Final, NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, build_opener

from careloop.adapters.outgoing_http import NoRedirect
from careloop.errors import CareloopError, InvalidInput, Refused, Unavailable
from careloop.ports.range_query import RangeAnswer, RangeSeries

__all__ = ["PrometheusRange"]

_MOST_BYTES: Final = 32 << 20
_AT_ONCE: Final = 1 << 16
_WORDS: Final = 300
_LATE: Final = frozenset({408, 429, 500, 502, 503, 504})
_NO_NUMBERS: Final = "take a number of it, such as histogram_quantile(0.95, …)"


class PrometheusRange:
    """The server at `address`; `name` is what errors call the query, `user` and `secret` are shown to the server."""

    def __init__(
        self, address: str, *, name: str, user: str | None = None, secret: str | None = None, patience_s: float = 20.0
    ) -> None:
        self._address, self._name, self._patience_s = address.rstrip("/"), name, patience_s
        self._secrets = tuple(filter(None, (user, secret)))
        self._headers = {"Accept": "application/json"}
        if secret is not None:
            plain = b64encode(f"{user}:{secret}".encode()).decode()
            self._headers["Authorization"] = f"Bearer {secret}" if user is None else f"Basic {plain}"
        self._opener = build_opener(NoRedirect)

    def answer(self, query: str, *, since: int, upto: int, step_s: int) -> RangeAnswer:
        """Values at the steps of the range."""
        asked = {"query": query, "start": since, "end": upto, "step": step_s, "timeout": f"{self._patience_s:.0f}s"}
        told = self._asked(urlencode(asked).encode())
        found = told.get("data")
        result = found.get("result") if isinstance(found, dict) else None
        if told.get("status") != "success" or not isinstance(found, dict) or not isinstance(result, list):
            self._refuse("its answer is not one of query_range")
        if found.get("resultType") != "matrix":
            self._refuse(f"the query answers with a {str(found.get('resultType'))[:30]}, not with numbers over time")
        warnings = told.get("warnings")
        return RangeAnswer(
            series=tuple(self._series(one) for one in result),
            warnings=tuple(str(one)[:_WORDS] for one in warnings) if isinstance(warnings, list) else (),
        )

    def _series(self, told: Any) -> RangeSeries:
        try:
            if told.get("histograms"):
                self._refuse("the query answers with histograms", hint=_NO_NUMBERS)
            labels = {str(key): str(value) for key, value in told["metric"].items()}
            samples = tuple((round(float(at)), _number(value)) for at, value in told["values"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InvalidInput(f"{self._name}: a series in the answer of {self._address} cannot be read") from error
        return RangeSeries(labels=labels, samples=samples)

    def _asked(self, form: bytes) -> dict[str, Any]:
        request = Request(f"{self._address}/api/v1/query_range", data=form, headers=self._headers)
        try:
            with self._opener.open(request, timeout=self._patience_s) as answer:
                raw = self._whole(answer)
        except HTTPError as error:
            with error:
                raise self._told_off(error.code, _words(error)) from None
        except (URLError, OSError, HTTPException) as error:
            raise Unavailable(f"{self._address} cannot be reached: {self._hidden(str(error))}") from error
        try:
            told = json.loads(raw)
        except ValueError as error:
            raise InvalidInput(
                f"{self._name}: {self._address} does not speak the interface of Prometheus",
                hint="`address` is what stands before /api/v1/query_range",
            ) from error
        return told if isinstance(told, dict) else {}

    def _whole(self, answer: HTTPResponse) -> bytes:
        """Everything, unless it is too much or drips."""
        until, parts, size = time.monotonic() + 2 * self._patience_s, [], 0
        while part := answer.read1(_AT_ONCE):
            parts.append(part)
            size += len(part)
            if size > _MOST_BYTES:
                self._refuse(f"the answer has more than {_MOST_BYTES >> 20} MiB", hint="aggregate the query")
            if time.monotonic() > until:
                raise Unavailable(f"{self._address} did not end its answer in {2 * self._patience_s:.0f} s")
        return b"".join(parts)

    def _told_off(self, code: int, words: str) -> CareloopError:
        """Whose fault it is: of the query, of who asks, or of the server."""
        try:
            told = json.loads(words)
            kind, said = str(told["errorType"]), str(told["error"])
        except (ValueError, KeyError, TypeError):
            kind, said = "", words.strip()
        said = self._hidden(said)[:_WORDS]
        if code in (401, 403):
            return Refused(
                f"{self._address} lets nobody in: it answers {code}",
                hint="`user` and `secret` name the variables that hold what it asks for",
            )
        if kind == "timeout" or (code in _LATE and kind not in ("bad_data", "execution")):
            return Unavailable(f"{self._address} answers {code}: {said or 'nothing'}")
        if kind in ("bad_data", "execution"):
            return InvalidInput(f"{self._name}: {self._address} cannot run the query: {said}")
        return InvalidInput(f"{self._name}: {self._address} answers {code}: {said or 'nothing'}")

    def _hidden(self, words: str) -> str:
        for secret in self._secrets:
            words = words.replace(secret, "…")
        return words

    def _refuse(self, what: str, *, hint: str | None = None) -> NoReturn:
        raise InvalidInput(f"{self._name}: {self._address}: {what}", hint=hint)


def _words(error: HTTPError) -> str:
    try:
        return error.read(_AT_ONCE).decode(errors="replace")
    except (OSError, HTTPException):
        return ""


def _number(text: Any) -> float | None:
    """A sample as Prometheus writes it; None for NaN and the infinities."""
    value = float(text)
    return value if math.isfinite(value) else None
