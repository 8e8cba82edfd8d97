"""`/ofrep/v1/evaluate/flags`: what answers of each system, for applications with an OpenFeature SDK.

A token with the scope `read` opens it. Values are those of the newest picture, at most some seconds old; while it
cannot be renewed they are said to be stale. Source: OpenFeature Remote Evaluation Protocol 0.3.
"""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from careloop.errors import CareloopError
from careloop.reports.flag_report import Flag, flag_json, flags_etag, system_flags
from careloop.web.api_tokens import token_of
from careloop.web.board import ENVIRONMENT
from careloop.web.picture import Picture
from careloop.web.site import board

__all__ = ["evaluate", "evaluate_all"]

_SHOWN = 200
"""Signs of an unknown key that are repeated."""


@csrf_exempt
def evaluate(request: HttpRequest, key: str) -> HttpResponse:
    """One flag; 404 for one that is not."""
    told = {"key": key[:_SHOWN]}
    refused = _refused(request, told)
    if refused is not None:
        return refused
    picture = board().picture()
    flag = next((one for one in _flags(picture, of=key.partition(".")[0]) if one.key == key), None)
    if flag is None:
        return _no(404, "FLAG_NOT_FOUND", "no system of the inventory has this flag", told)
    return JsonResponse(flag_json(flag, stale=picture.failed is not None))


@csrf_exempt
def evaluate_all(request: HttpRequest) -> HttpResponse:
    """All flags of all systems; 304 where nothing has changed since the answer whose tag is sent along."""
    refused = _refused(request, {})
    if refused is not None:
        return refused
    picture = board().picture()
    body: dict[str, Any] = {"flags": [flag_json(one, stale=picture.failed is not None) for one in _flags(picture)]}
    tag = flags_etag(body)
    known = {one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")}
    answer: HttpResponse = HttpResponse(status=304) if known & {tag, "*"} else JsonResponse(body)
    answer["ETag"] = tag
    return answer


def _flags(picture: Picture, *, of: str | None = None) -> list[Flag]:
    rows = [row for row in picture.rows if of in (None, row.card.id)]
    return [flag for row in rows for flag in system_flags(row.card.id, row.serving, row.version)]


def _refused(request: HttpRequest, told: dict[str, str]) -> HttpResponse | None:
    """Why there is no answer: no token, no JSON, or a context of another environment."""
    if token_of(request, "read") is None:
        answer = _no(401, "GENERAL", "a token with the scope read opens this", told)
        answer["WWW-Authenticate"] = "Bearer"
        return answer
    try:
        asked = json.loads(request.body or b"{}")
    except ValueError:
        return _no(400, "PARSE_ERROR", "the request's body is no JSON", told)
    context = asked.get("context") or {} if isinstance(asked, dict) else None
    if not isinstance(context, dict):
        return _no(400, "INVALID_CONTEXT", "the context is no object", told)
    if context.get("environment", ENVIRONMENT) != ENVIRONMENT:
        return _no(400, "INVALID_CONTEXT", f"this server watches {ENVIRONMENT}", told)
    try:
        board().picture()
    except CareloopError as error:
        return _no(503, "PROVIDER_NOT_READY", error.message, told)
    return None


def _no(status: int, code: str, why: str, told: dict[str, str]) -> HttpResponse:
    return JsonResponse({**told, "errorCode": code, "errorDetails": why}, status=status)
