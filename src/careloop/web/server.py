"""One ASGI application: events go straight to the lake, everything else to the pages.

Any ASGI server runs it as a factory, `careloop.web.server:from_environment`, with `CARELOOP_REPOSITORY` naming the
governance repository; `care serve` does that, and also hands out the static files.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import replace
from typing import Any, cast

from careloop import wiring
from careloop.documents.event_batch import BatchRow
from careloop.documents.forge_event import DeploymentAsked
from careloop.domain.event_report import IngestReport
from careloop.ports.event_rows import EventRows
from careloop.web.configuration import configure
from careloop.web.forge_hooks import FORGE_PATH, ForgeHooks
from careloop.web.ingest import INGEST_PATHS, IngestApp
from careloop.wiring.forges import webhook_terms
from careloop.wiring.pages import web_place
from careloop.workflows.run.answer_deployments import note_deployment
from careloop.workflows.run.ingest_events import Intake, ingest_events
from careloop.workflows.run.ingest_quotas import Quotas

__all__ = ["Server", "from_environment"]

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]


class Server:
    """Sends each request where it belongs, and follows the server's start and stop."""

    def __init__(
        self,
        pages: _App,
        ingest: _App,
        *,
        started: Callable[[], None],
        stopped: Callable[[], None],
        forge_hooks: _App | None = None,
    ) -> None:
        self._pages, self._ingest, self._forge_hooks = pages, ingest, forge_hooks
        self._started, self._stopped = started, stopped

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and scope["path"] in INGEST_PATHS:
            await self._ingest(scope, receive, send)
        elif scope["type"] == "http" and self._forge_hooks is not None and scope["path"].startswith(FORGE_PATH):
            await self._forge_hooks(scope, receive, send)
        elif scope["type"] == "http":
            await self._pages(scope, receive, send)

    async def _live(self, receive: _Receive, send: _Send) -> None:
        import asyncio

        while True:
            message = await receive()
            turn = self._started if message["type"] == "lifespan.startup" else self._stopped
            await asyncio.to_thread(turn)
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return


class _Taking:
    """Takes events in by what the systems declare now: a commit that changes a declaration counts from then on."""

    def __init__(self) -> None:
        self._root = wiring.served_repository()
        self._lake = wiring.lake(self._root)
        self._source = wiring.repository_source(self._root)
        self._known: tuple[str | None, Intake] | None = None
        self._quotas = Quotas()
        self._one_at_a_time = threading.Lock()

    def __call__(self, rows: Iterable[BatchRow] | EventRows) -> IngestReport:
        """Ingest rows; called from several threads."""
        head = self._source.head().commit
        if self._known is None or self._known[0] != head:
            intake = wiring.intake(self._root, self._lake)
            self._known = (head, replace(intake, quotas=self._quotas, one_at_a_time=self._one_at_a_time))
        return ingest_events(rows, self._known[1], now=wiring.now())


def from_environment() -> Server:
    """The application for the repository that the environment names; it first reads the stores once."""
    configure(web_place(wiring.served_repository()))
    from django.core.handlers.asgi import ASGIHandler

    from careloop.web.api_tokens import may_send_events
    from careloop.web.site import board

    return Server(
        cast("_App", ASGIHandler()),
        IngestApp(_Taking(), may_send=may_send_events),
        started=lambda: board().start(),
        stopped=lambda: board().stop(),
        forge_hooks=_forge_hooks(),
    )


def _forge_hooks() -> ForgeHooks | None:
    """What takes webhooks of the forge, where the environment shares a secret with it."""
    terms = webhook_terms()
    if terms is None:
        return None
    root = wiring.served_repository()

    def note(asked: DeploymentAsked) -> bool:
        with wiring.release_desk(root, {}) as desk:
            return note_deployment(asked, desk.ledger, wiring.now())

    return ForgeHooks(note, secret=terms.secret, repository=terms.repository)
