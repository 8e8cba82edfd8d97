"""Grafana, Airflow 2 and 3, GitHub, GitLab and Jira on this host, as strict as their published interfaces; written from
those.

Grafana HTTP API, annotations: milliseconds, tags that all must fit. Airflow 3.3 `TriggerDAGRunPostBody` forbids fields
that it does not know and needs `logical_date`; its tokens come from `/auth/token`. Airflow 2.10 `/api/v1` takes Basic.
GitHub REST 2022-11-28 and GitLab v4: issues, labels, pages. Jira: a summary is one line of up to 255 signs, a label has
no space, a description up to 32,767 signs; the cloud answers `search/jql`, a data center `search`.
"""

from __future__ import annotations

import json
import re
import threading
from base64 import b64decode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

__all__ = ["PASSWORD", "TOKEN", "ToldServices"]

TOKEN = "tok_0123456789abcdef"
PASSWORD = "ada:open sesame"
_ACCESS = "eyJ.airflow.token"
_ANNOTATION = {"dashboardUID", "panelId", "time", "timeEnd", "tags", "text"}
_RUN_V1 = {"dag_run_id", "logical_date", "execution_date", "conf", "note", "data_interval_start", "data_interval_end"}
_RUN_V2 = _RUN_V1 - {"execution_date"} | {"run_after", "partition_key"}
_GITHUB = {"title", "body", "labels", "assignees", "assignee", "milestone", "type"}
_GITLAB = {"title", "description", "labels", "confidential", "due_date", "issue_type", "assignee_ids"}
_JIRA = {"project", "issuetype", "summary", "description", "labels", "priority"}

Answer = tuple[int, Any]


class ToldServices:
    """All of them at one address. `airflow` is 2 or 3, `jira_cloud` says which search there is."""

    def __init__(self, *, airflow: int = 3, jira_cloud: bool = True) -> None:
        self.airflow, self.jira_cloud = airflow, jira_cloud
        self.annotations: list[dict[str, Any]] = []
        self.runs: dict[str, dict[str, Any]] = {}
        self.issues: list[dict[str, Any]] = []
        """Of every tracker, newest last: `text`, `labels`, `open`, and what was `sent`."""
        self.asked: list[str] = []
        self.down = False
        self.refuses = False
        """Repeat the key in a refusal, as a careless service might."""
        services = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                status, said = services._judge(self, json.loads(body) if body else None)
                raw = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = _answer  # noqa: N815

            def log_message(self, *_: Any, **__: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        """Where they are."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _judge(self, request: BaseHTTPRequestHandler, body: Any) -> Answer:
        parts = urlsplit(request.path)
        query = dict(parse_qs(parts.query))
        authorization = request.headers.get("authorization", "")
        self.asked.append(f"{request.command} {parts.path}")
        if self.down:
            return 503, {"message": "away"}
        if self.refuses:
            return 403, {"message": f"not with {authorization}, that is {_basic(authorization)}"}
        get = request.command == "GET"
        if parts.path == "/api/annotations":
            return self._grafana(get, query, body, authorization)
        if parts.path.startswith(("/api/v1/", "/api/v2/", "/auth/")):
            return self._airflow(get, parts.path, body, authorization)
        if parts.path.startswith("/repos/acme/models/issues"):
            return self._github(get, query, body, request.headers)
        if parts.path.startswith("/api/v4/projects/acme%2Fmodels/issues"):
            return self._gitlab(get, query, body, authorization)
        if parts.path.startswith("/rest/api/"):
            return self._jira(parts.path, query, body, authorization)
        return 404, {"message": "Not Found"}

    def _grafana(self, get: bool, query: dict[str, list[str]], body: Any, authorization: str) -> Answer:
        if authorization != f"Bearer {TOKEN}":
            return 401, {"message": "Unauthorized"}
        if get:
            span = int(query["from"][0]), int(query["to"][0])
            wanted = set(query.get("tags", []))
            fit = [one for one in self.annotations if wanted <= set(one["tags"]) and span[0] <= one["time"] <= span[1]]
            return 200, fit[: int(query.get("limit", ["100"])[0])]
        right = body.keys() <= _ANNOTATION and body.get("text") and isinstance(body.get("time"), int)
        if not right or not all(isinstance(tag, str) for tag in body["tags"]):
            return 400, {"message": "bad request data"}
        self.annotations.append(body)
        return 200, {"message": "Annotation added", "id": len(self.annotations)}

    def _airflow(self, get: bool, path: str, body: Any, authorization: str) -> Answer:
        api = "/api/v2" if self.airflow == 3 else "/api/v1"
        if path == f"{api}/version":
            return 200, {"version": "3.3.2" if self.airflow == 3 else "2.10.5", "git_version": None}
        if path == "/auth/token" and self.airflow == 3:
            if set(body) != {"username", "password"} or f"{body['username']}:{body['password']}" != PASSWORD:
                return 401, {"detail": "Invalid credentials"}
            return 201, {"access_token": _ACCESS}
        if not path.startswith(f"{api}/dags/"):
            return 404, {"detail": "Not Found"}
        basic = _basic(authorization) == PASSWORD and self.airflow == 2
        if not basic and authorization not in (f"Bearer {_ACCESS}", f"Bearer {TOKEN}"):
            return 401, {"detail": "Unauthorized"}
        named = re.fullmatch(rf"{api}/dags/retrain/dagRuns(?:/([^/]+))?", path)
        if named is None:
            return 404, {"detail": "DAG not found"}
        if get:
            known = unquote(named[1] or "")
            return (200, self.runs[known]) if known in self.runs else (404, {"detail": "DAGRun not found"})
        return self._run(body)

    def _run(self, body: Any) -> Answer:
        fields = _RUN_V2 if self.airflow == 3 else _RUN_V1
        if not body.keys() <= fields or not isinstance(body.get("conf"), dict):
            return 422, {"detail": "Extra inputs are not permitted"}
        if self.airflow == 3 and "logical_date" not in body:
            return 422, {"detail": [{"loc": ["body", "logical_date"], "msg": "Field required"}]}
        if body["dag_run_id"] in self.runs:
            return 409, {"detail": "DAGRun already exists"}
        self.runs[body["dag_run_id"]] = body
        return 200, {"dag_run_id": body["dag_run_id"], "state": "queued"}

    def _github(self, get: bool, query: dict[str, list[str]], body: Any, headers: Any) -> Answer:
        if headers.get("authorization") != f"Bearer {TOKEN}" or not headers.get("user-agent"):
            return 401, {"message": "Bad credentials"}
        if get:
            if query.get("state") != ["all"]:
                return 422, {"message": "the test wants closed ones, too"}
            rows = [
                {"number": at, "body": one["text"], "state": "open" if one["open"] else "closed"}
                for at, one in self._labelled(query)
            ]
            return 200, _page(rows, query)
        if not body.keys() <= _GITHUB or not body.get("title") or "\n" in body["title"]:
            return 422, {"message": "Validation Failed"}
        return self._opened(body["body"], body["labels"], body)

    def _gitlab(self, get: bool, query: dict[str, list[str]], body: Any, authorization: str) -> Answer:
        if authorization != f"Bearer {TOKEN}":
            return 401, {"message": "401 Unauthorized"}
        if get:
            rows = [
                {"iid": at, "description": one["text"], "state": "opened" if one["open"] else "closed"}
                for at, one in self._labelled(query)
            ]
            return 200, _page(rows, query)
        if not body.keys() <= _GITLAB or not 0 < len(body.get("title", "")) <= 255:
            return 400, {"message": {"title": ["is too long"]}}
        return self._opened(body["description"], body["labels"].split(","), body)

    def _jira(self, path: str, query: dict[str, list[str]], body: Any, authorization: str) -> Answer:
        if _basic(authorization) != PASSWORD and authorization != f"Bearer {TOKEN}":
            return 401, {"errorMessages": ["You are not authenticated"]}
        if path == ("/rest/api/3/search/jql" if self.jira_cloud else "/rest/api/2/search"):
            return self._found(query["jql"][0])
        if path != "/rest/api/2/issue":
            return 404, {"errorMessages": ["no such resource"]}
        fields = body.get("fields", {})
        right = (
            set(body) == {"fields"}
            and fields.keys() <= _JIRA
            and fields["project"] == {"key": "RISK"}
            and set(fields["issuetype"]) == {"name"}
            and 0 < len(fields["summary"]) <= 255
            and "\n" not in fields["summary"]
            and len(fields["description"]) <= 32_767
            and all(label and " " not in label and len(label) <= 255 for label in fields["labels"])
        )
        if not right:
            return 400, {"errors": {"summary": "is not right"}}
        return self._opened(fields["description"], fields["labels"], fields)

    def _found(self, jql: str) -> Answer:
        words = re.fullmatch(
            r'project = "RISK" AND \(labels = "([^"]+)" OR \(labels = "([^"]+)" AND statusCategory != Done\)\)', jql
        )
        if words is None:
            return 400, {"errorMessages": ["Error in the JQL Query"]}
        fit = [one for one in self.issues if words[1] in one["labels"] or (words[2] in one["labels"] and one["open"])]
        return 200, {"issues": [{"key": "RISK-1", "fields": {"labels": one["labels"]}} for one in fit]}

    def _labelled(self, query: dict[str, list[str]]) -> list[tuple[int, dict[str, Any]]]:
        wanted = set(query["labels"][0].split(","))
        return [(at, one) for at, one in reversed(list(enumerate(self.issues))) if wanted <= set(one["labels"])]

    def _opened(self, text: str, labels: list[str], sent: Any) -> Answer:
        self.issues.append({"text": text, "labels": labels, "open": True, "sent": sent})
        return 201, {"number": len(self.issues)}


def _page(rows: list[Any], query: dict[str, list[str]]) -> list[Any]:
    size, page = int(query["per_page"][0]), int(query["page"][0])
    return rows[(page - 1) * size : page * size]


def _basic(authorization: str) -> str:
    """The user and password of a Basic header."""
    kind, _, value = authorization.partition(" ")
    return b64decode(value).decode() if kind == "Basic" else ""
