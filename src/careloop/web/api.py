"""The JSON API: what the pages show, for programs, and the gate for pipelines. Tokens open it, one scope each.

No call here approves, orders or changes anything that decides: that takes a person with a step-up. The shapes are those
of the commands' `--format json`; the description is at `/api/v1/openapi.json`. Events have their own door,
`POST /api/v1/events`, which does not pass through here.
"""

from __future__ import annotations

import json
from contextlib import closing
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Body, NinjaAPI, Query, Schema
from ninja.errors import ValidationError
from ninja.security import HttpBearer

from careloop import __version__, wiring
from careloop.domain.matter import MatterKind
from careloop.errors import CareloopError, InvalidInput, NotFound, Refused, UsageError
from careloop.gates.read_files import read_lock
from careloop.reports.chart_report import charts_json
from careloop.reports.check_report import check_json
from careloop.reports.gate_report import gate_json
from careloop.reports.ledger_report import entries_json
from careloop.reports.scorecard_report import scorecard_json
from careloop.reports.status_report import status_json
from careloop.web.accounts.models import ApiToken
from careloop.web.answers import request_json, system_json
from careloop.web.api_tokens import token_of
from careloop.web.board import ENVIRONMENT
from careloop.web.ledger_api import router as ledger_router
from careloop.web.site import board, place
from careloop.workflows.evolve.ledger_prove import prove_entry
from careloop.workflows.evolve.ledger_show import EntryFilter, show_entries
from careloop.workflows.run.ask_matter import MatterAsk, ask_matter
from careloop.workflows.run.decide_release import GateQuestion, decide_release
from careloop.workflows.run.hold_rollout import why_hold
from careloop.workflows.run.release_standing import why_no_standing
from careloop.workflows.run.view_requests import view_request

__all__ = [
    "EntryQuery",
    "GateAsk",
    "MatterWanted",
    "api",
    "ask",
    "charts",
    "check",
    "checkpoint",
    "confirm_rollout",
    "entries",
    "gate",
    "proof",
    "requests",
    "rollout",
    "scorecard",
    "status",
    "system",
    "systems",
]

_MOST: Final = 500


class _Opens(HttpBearer):
    """A valid token that opens one scope."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self._scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """The token, or None for one that is wrong, over, or for something else."""
        return token_of(request, self._scope)


_reads, _gates = _Opens("read"), _Opens("gate")

api = NinjaAPI(
    title="careloop",
    version=__version__,
    description="What the pages show, for programs. A token opens it; none can approve or order anything.",
    docs_url=None,
    urls_namespace="api",
    auth=_reads,
)
api.add_router("/ledger", ledger_router)


class GateAsk(Schema):
    """May this release go ahead?"""

    system: str
    lock: dict[str, Any]
    """A release lock, as `care release lock` writes it."""
    results: list[dict[str, Any]] = []
    """Results files of evaluations."""
    environment: str = "production"
    requester: str
    """Person's id or mail address."""


class MatterWanted(Schema):
    """What people are to agree to; see `care request`."""

    kind: MatterKind
    id: str
    """Of a committed waiver, of an envelope as SYSTEM/ID, SYSTEM:ENVIRONMENT:LOCK of a restore, a record's id."""


class EntryQuery(Schema):
    """Which entries; all narrow the choice together."""

    type: str | None = None
    subject: str | None = None
    before: int | None = None
    """Only entries below this index."""
    most: int = 100


@api.get("/status", summary="Status of every requirement, with claims and evidence")
def status(request: HttpRequest) -> dict[str, Any]:
    """The shape of `care status --format json`."""
    found = board().picture().status
    source = {
        "commit": found.commit,
        "dirty": found.dirty,
        "as_of": found.as_of,
        "in_force_by": found.in_force_by,
    }
    return status_json(found.status, standards_digest=found.standards_digest, source=source)


@api.get("/check", summary="What is wrong with the documents")
def check(request: HttpRequest) -> dict[str, Any]:
    """The shape of `care check --format json`."""
    return check_json(board().picture().check)


@api.get("/scorecard", summary="The quarter's figures")
def scorecard(request: HttpRequest) -> dict[str, Any]:
    """The shape of `care scorecard --format json`; 404 until it was computed for the first time."""
    found = board().picture().scorecard
    if found is None:
        raise NotFound("the scorecard is being computed", hint="ask again in a minute")
    return scorecard_json(found.scorecard)


@api.get("/systems", summary="All systems of the inventory, and how they stand")
def systems(request: HttpRequest) -> dict[str, Any]:
    """Tier, release, rollback target, safe state, alarms and freshness of each."""
    picture = board().picture()
    return _headed("systems", systems=[system_json(one) for one in picture.rows])


@api.get("/systems/{name}", summary="One system")
def system(request: HttpRequest, name: str) -> dict[str, Any]:
    """The same for one."""
    found = board().picture().row(name)
    if found is None:
        raise NotFound(f"there is no system '{name[:100]}'")
    return _headed("system", **system_json(found))


@api.get("/systems/{name}/charts", summary="The windows of a system's monitors")
def charts(request: HttpRequest, name: str) -> dict[str, Any]:
    """What the charts of its page are drawn from: every window with its counts and band."""
    return _headed("charts", **charts_json(board().charts(name)))


@api.get("/requests", summary="Approval requests and how they stand")
def requests(request: HttpRequest) -> dict[str, Any]:
    """Open, used, expired and void ones."""
    return _headed("requests", requests=[request_json(one) for one in board().picture().requests])


@api.get("/ledger/entries", summary="Entries of the ledger, oldest first")
def entries(request: HttpRequest, wanted: Annotated[EntryQuery, Query()]) -> dict[str, Any]:
    """The shape of `care ledger show --format json`."""
    if not 1 <= wanted.most <= _MOST:
        raise InvalidInput(f"most lies between 1 and {_MOST}")
    with closing(wiring.open_ledger(place().root)) as ledger:
        chosen = EntryFilter(type=wanted.type, subject=wanted.subject, tail=wanted.most, upto=wanted.before)
        lines, size, origin = show_entries(ledger, chosen), ledger.size(), ledger.origin
    picture = board().picture()
    source = {"commit": picture.head.commit, "standards_digest": picture.status.standards_digest}
    return entries_json(lines, size=size, origin=origin, source=source)


@api.get("/ledger/entries/{int:index}/proof", summary="Proof that an entry is in the log")
def proof(request: HttpRequest, index: int) -> HttpResponse:
    """A C2SP tlog-proof, checkable offline with the log's public key."""
    with closing(wiring.open_ledger(place().root)) as ledger:
        return HttpResponse(prove_entry(ledger, index).proof, content_type="text/plain; charset=utf-8")


@api.get("/ledger/checkpoint", summary="The newest signed checkpoint")
def checkpoint(request: HttpRequest) -> HttpResponse:
    """A C2SP tlog-checkpoint."""
    with closing(wiring.open_ledger(place().root)) as ledger:
        return HttpResponse(ledger.head().note, content_type="text/plain; charset=utf-8")


@api.post("/gate", auth=_gates, summary="Ask the gate about a release")
def gate(request: HttpRequest, ask: Annotated[GateAsk, Body()]) -> dict[str, Any]:
    """The shape of `care gate --format json`: allow, block or wait, with every reason. It uses nothing up."""
    lock = read_lock(_bytes(ask.lock), "lock")
    question = GateQuestion(
        system=ask.system,
        lock=lock,
        results=tuple(_bytes(one) for one in ask.results),
        environment=ask.environment,
        requester=ask.requester,
    )
    with wiring.release_desk(place().root, {}) as desk:
        return gate_json(decide_release(question, desk, wiring.now()))


@api.get("/gate/{name}", auth=_gates, summary="May this release be given more traffic? For Argo Rollouts")
def rollout(request: HttpRequest, name: str, release: str, environment: str = ENVIRONMENT) -> dict[str, Any]:
    """`go`, and every reason to hold; always 200, so that a metric can read `$.go`. Reads and decides nothing new."""
    row = board().picture().row(name)
    if row is None:
        raise NotFound(f"there is no system '{name[:100]}'")
    if environment != ENVIRONMENT:
        raise InvalidInput(f"this server watches {ENVIRONMENT}, not '{environment[:100]}'")
    with closing(wiring.open_ledger(place().root)) as ledger:
        held = why_hold(row, release, why_no_standing(ledger, name, environment, now=wiring.now()))
    return _headed("rollout", system=name, release=release, environment=environment, go=not held, because=list(held))


@api.post("/gate/{name}", auth=_gates, summary="The same for Flagger: 200 goes on, 409 holds")
def confirm_rollout(request: HttpRequest, name: str, release: str, environment: str = ENVIRONMENT) -> HttpResponse:
    """As a webhook of the kind `confirm-rollout` or `confirm-promotion`; what Flagger sends along is not read."""
    said = rollout(request, name, release, environment)
    return api.create_response(request, said, status=200 if said["go"] else 409)


@api.post("/requests", auth=_gates, summary="Ask people for a waiver, an envelope, a restore or a review")
def ask(request: HttpRequest, wanted: Annotated[MatterWanted, Body()]) -> dict[str, Any]:
    """Opens the request, in the name of the token's owner, who then cannot approve it. It grants nothing."""
    token = request.auth  # type: ignore[attr-defined]
    question = MatterAsk(kind=wanted.kind, id=wanted.id, requester=token.owner.email)
    with wiring.release_desk(place().root, {}) as desk:
        made = ask_matter(question, desk, wiring.now())
        answer = request_json(view_request(desk, made.asked.digest, wiring.now()))
    board().renew()
    return _headed("request", **answer)


def _bytes(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _headed(name: str, **body: Any) -> dict[str, Any]:
    picture = board().picture()
    return {
        "schema": f"careloop/{name}/v1",
        "careloop_version": __version__,
        "standards_digest": picture.status.standards_digest,
        "commit": picture.head.commit,
        "ledger_size": picture.head.ledger_size,
        "lake_watermark": picture.head.watermark,
        "computed_at": picture.computed_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        **body,
    }


@api.exception_handler(CareloopError)
def _would_not(request: HttpRequest, error: CareloopError) -> HttpResponse:
    status = 404 if isinstance(error, NotFound) else 400 if isinstance(error, InvalidInput | UsageError) else 409
    if not isinstance(error, NotFound | InvalidInput | UsageError | Refused):
        status = 503
    return api.create_response(
        request, {"error": error.message, "next": error.hint, "kind": type(error).__name__}, status=status
    )


@api.exception_handler(ValidationError)
def _misshapen(request: HttpRequest, error: ValidationError) -> HttpResponse:
    said = [{"field": "/".join(str(part) for part in one["loc"]), "error": one["msg"]} for one in error.errors]
    return api.create_response(request, {"error": "the request does not fit its schema", "fields": said}, status=400)
