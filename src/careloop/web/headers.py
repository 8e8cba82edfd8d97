"""Headers that every page carries: what a browser may load, and that nobody may frame it or guess its type."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from careloop.web.site import place
from careloop.wiring.pages import OidcClient

__all__ = ["SafetyHeaders", "policy_of"]

_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""No script, style or picture from elsewhere and none inside a page; pictures inside style sheets are `data:`."""
_HEADERS: Final = {
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def policy_of(oidc: OidcClient | None) -> str:
    """The Content-Security-Policy; forms lead here, and to the directory that the sign-in form goes on to."""
    elsewhere = urlsplit(oidc.issuer) if oidc is not None else None
    origin = f" {elsewhere.scheme}://{elsewhere.netloc}" if elsewhere is not None else ""
    return f"{_POLICY}; form-action 'self'{origin}"


class SafetyHeaders:
    """Middleware, for both kinds of view."""

    async_capable = True
    sync_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]) -> None:
        self._get_response = get_response
        self._headers = {"Content-Security-Policy": policy_of(place().oidc), **_HEADERS}
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """The answer with the headers, and how long it took to make."""
        began = time.perf_counter()
        answer = self._get_response(request)
        return self._dressed(answer, began) if isinstance(answer, HttpResponseBase) else self._later(answer, began)

    async def _later(self, answer: Awaitable[HttpResponseBase], began: float) -> HttpResponseBase:
        return self._dressed(await answer, began)

    def _dressed(self, answer: HttpResponseBase, began: float) -> HttpResponseBase:
        for name, value in self._headers.items():
            answer.headers.setdefault(name, value)
        answer.headers["Server-Timing"] = f"page;dur={(time.perf_counter() - began) * 1000:.1f}"
        if isinstance(answer, HttpResponse) and "Cache-Control" not in answer.headers:
            answer.headers["Cache-Control"] = "no-store"
        return answer
