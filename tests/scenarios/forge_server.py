"""GitHub, GitLab and Gitea as far as we use them, in memory and over real HTTP, written from their documentation."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from careloop.testing.contracts.forge import CHANGE, COMMIT

__all__ = ["TOKEN", "ForgeState", "served"]

TOKEN = "s3cr3t-token"
PEOPLE = {"ada": 1, "bob": 2, "cleo": 3, "care-bot": 4, "mallory": 5}
Answer = tuple[int, Any]


@dataclass
class ForgeState:
    """What the forge holds, and how it is told from outside."""

    kind: str
    app_token: bool = False
    """Whether the token is an app's, which may not ask who it is."""
    closed: bool = False
    status: int | None = None
    """Answer this to everything."""
    statuses: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    comments: list[dict[str, Any]] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)
    deployments: list[dict[str, Any]] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of each request."""
    url: str = ""
    """Where it listens."""

    def comment(self, who: str, text: str) -> None:
        """Somebody writes under the change."""
        row = {"id": len(self.comments) + 100, "body": text}
        person = {"login": who, "type": "Bot" if who == "care-bot" else "User"}
        self.comments.append(row | ({"author": {"username": who}} if self.kind == "gitlab" else {"user": person}))

    def answer(self, method: str, target: str, headers: Any, body: dict[str, Any]) -> Answer:
        """One request."""
        parts = urlsplit(target)
        self.seen.append((method, parts.path))
        if self.status is not None:
            return self.status, {"message": f"you sent {dict(headers)}"}
        sent = {"github": f"Bearer {TOKEN}", "gitea": f"token {TOKEN}"}
        right = (
            headers.get("private-token") == TOKEN
            if self.kind == "gitlab"
            else headers.get("authorization") == sent[self.kind]
        )
        if not right or self.closed:
            return 403, {"message": f"you sent {dict(headers)}"}
        if parts.path.endswith("/user"):
            return (403, {}) if self.app_token else (200, {"login": "care-bot", "username": "care-bot"})
        handler = self._gitlab if self.kind == "gitlab" else self._github
        return handler(method, parts.path, parse_qs(parts.query), body)

    def _github(self, method: str, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> Answer:
        """GitHub, and Gitea, whose paths are the same below `/api/v1`."""
        path = path.removeprefix("/api/v1")
        base = r"/repos/acme/aims"
        if found := re.fullmatch(rf"{base}/statuses/(\w+)", path):
            return self._set_status(found[1], str(body["context"]), body)
        if re.fullmatch(rf"{base}/actions/runs/\d+/deployment_protection_rule", path):
            self.deployments.append(body)
            return 204, None
        if found := re.fullmatch(rf"{base}/issues/comments/(\d+)", path):
            return self._edit(int(found[1]), body, method == "PATCH")
        found = re.fullmatch(rf"{base}/(issues|pulls)/(\d+)(/comments|/requested_reviewers)?", path)
        if not found or int(found[2]) != CHANGE:
            return 404, {}
        if found[3] == "/comments":
            return self._comments(method, query, body, paged=self.kind == "github")
        if found[3] == "/requested_reviewers":
            self.reviewers += body["reviewers"]
            return (201, {}) if set(body["reviewers"]) <= PEOPLE.keys() - {"ada"} else (422, {})
        return 200, {"user": {"login": "ada"}, "requested_reviewers": [{"login": one} for one in self.reviewers]}

    def _gitlab(self, method: str, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> Answer:
        base = r"/api/v4/projects/acme%2Faims"
        if path == "/api/v4/users":
            name = query["username"][0]
            return 200, [{"id": PEOPLE[name], "username": name}] if name in PEOPLE else []
        if found := re.fullmatch(rf"{base}/statuses/(\w+)", path):
            return self._set_status(found[1], str(body["name"]), body)
        found = re.fullmatch(rf"{base}/merge_requests/(\d+)(/notes)?(?:/(\d+))?", path)
        if not found or int(found[1]) != CHANGE:
            return 404, {}
        if found[3]:
            return self._edit(int(found[3]), body, method == "PUT")
        if found[2]:
            return self._comments(method, query, body, paged=True)
        if method == "PUT":
            self.reviewers = [name for name, number in PEOPLE.items() if number in body["reviewer_ids"]]
        people = [{"id": PEOPLE[one], "username": one} for one in self.reviewers]
        return 200, {"author": {"username": "ada"}, "reviewers": people}

    def _set_status(self, commit: str, name: str, body: dict[str, Any]) -> Answer:
        words = (
            {"pending", "success", "failed"} if self.kind == "gitlab" else {"pending", "success", "failure", "error"}
        )
        if commit != COMMIT:
            return 404, {}
        if body["state"] not in words:
            return 422, {}
        self.statuses[commit, name] = (body["state"], body["description"])
        return 201, {}

    def _comments(self, method: str, query: dict[str, list[str]], body: dict[str, Any], *, paged: bool) -> Answer:
        if method == "POST":
            self.comment("care-bot", body["body"])
            return 201, {}
        if not paged:
            return 200, self.comments
        size, page = int(query.get("per_page", ["30"])[0]), int(query.get("page", ["1"])[0])
        return 200, self.comments[(page - 1) * size : page * size]

    def _edit(self, number: int, body: dict[str, Any], right_method: bool) -> Answer:
        row = next((one for one in self.comments if one["id"] == number), None)
        if row is None or not right_method:
            return 404, {}
        row["body"] = body["body"]
        return 200, row


@contextmanager
def served(state: ForgeState) -> Iterator[str]:
    """The forge on this host; its address, without the path of the interface."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(size)) if size else {}
            status, answer = state.answer(self.command, self.path, self.headers, body)
            raw = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            if status in (301, 302, 307, 308):
                self.send_header("location", f"http://127.0.0.1:{server.server_address[1]}/elsewhere")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_PATCH = _do  # noqa: N815

        def log_message(self, *_: Any, **__: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
