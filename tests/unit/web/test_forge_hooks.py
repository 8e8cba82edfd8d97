"""R39, R41: webhooks of forges are believed by their signature alone, held in size, and heard once."""

from __future__ import annotations

import asyncio
import hmac
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.documents.forge_event import DeploymentAsked, is_signed, read_forge_event
from careloop.domain.forge import ForgeKind
from careloop.errors import InvalidInput, Unavailable
from careloop.web.forge_hooks import ForgeHooks

EXAMPLES = Path(__file__).parents[3] / ".cache/npm/node_modules/@octokit/webhooks-examples/api.github.com/index.json"
SECRET = "It's a Secret to Everybody"
REPOSITORY = "acme/aims"
COMMIT = "0a" * 20
CALLBACK = "https://api.github.com/repos/acme/aims/actions/runs/42/deployment_protection_rule"


def a_question(**changes: Any) -> bytes:
    """A `deployment_protection_rule` event with the fields that GitHub documents for it."""
    found = {
        "action": "requested", "environment": "production", "event": "push", "deployment_callback_url": CALLBACK,
        "deployment": {"sha": COMMIT, "ref": "main", "environment": "production"},
        "repository": {"full_name": REPOSITORY}, "sender": {"login": "ada"},
    }  # fmt: skip
    return json.dumps(found | changes).encode()


def signed(kind: str, body: bytes, event: str = "deployment_protection_rule", secret: str = SECRET) -> dict[str, str]:
    """Headers as each forge sends them."""
    mac = hmac.new(secret.encode(), body, sha256).hexdigest()
    return {
        "github": {"X-Hub-Signature-256": f"sha256={mac}", "X-GitHub-Event": event, "X-GitHub-Delivery": "d-1"},
        "gitea": {"X-Gitea-Signature": mac, "X-Gitea-Event": event},
        "gitlab": {"X-Gitlab-Token": secret, "X-Gitlab-Event": "Deployment Hook"},
    }[kind]


class Room:
    """The application, and what it noted."""

    def __init__(self, **more: Any) -> None:
        self.noted: list[DeploymentAsked] = []
        self.trouble: Exception | None = None
        self.app = ForgeHooks(self._note, secret=more.pop("secret", SECRET), repository=REPOSITORY, **more)

    def _note(self, asked: DeploymentAsked) -> bool:
        if self.trouble is not None:
            raise self.trouble
        new = asked not in self.noted
        self.noted.append(asked)
        return new

    def post(
        self, body: bytes, headers: dict[str, str], *, to: str = "github", method: str = "POST", parts: int = 3
    ) -> int:
        """Send a request in parts; the status."""
        size = -(-len(body) // parts) or 1
        pieces = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
        messages = [
            {"type": "http.request", "body": piece, "more_body": place < len(pieces) - 1}
            for place, piece in enumerate(pieces)
        ]
        self.read = 0
        statuses: list[int] = []

        async def receive() -> dict[str, Any]:
            self.read += 1
            return messages.pop(0)

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": f"/api/v1/forge/{to}", "headers": raw}
        asyncio.run(self.app(scope, receive, send))
        (status,) = statuses
        return status


def test_githubs_own_example_of_a_signature_is_right() -> None:
    """The example of GitHub Docs, Validating webhook deliveries."""
    mac = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    headers = {"x-hub-signature-256": f"sha256={mac}"}
    assert is_signed(ForgeKind.GITHUB, SECRET, headers, b"Hello, World!")
    assert not is_signed(ForgeKind.GITHUB, SECRET, headers, b"Hello, World?")
    assert not is_signed(ForgeKind.GITHUB, SECRET, {"x-hub-signature-256": mac}, b"Hello, World!"), "no scheme"


@pytest.mark.parametrize("kind", ["github", "gitlab", "gitea"])
def test_only_who_holds_the_secret_is_heard(kind: str) -> None:
    room, body = Room(), a_question()
    assert room.post(body, signed(kind, body), to=kind) == (202 if kind == "github" else 204)
    noted = len(room.noted)
    for wrong in ({}, signed(kind, body, secret="other"), dict.fromkeys(signed(kind, body), "")):
        assert room.post(body, wrong, to=kind) == 401
    if kind != "gitlab":
        assert room.post(body.replace(b"production", b"productiom"), signed(kind, body), to=kind) == 401
    assert Room(secret="").post(body, signed(kind, body, secret=""), to=kind) == 401, "an empty secret signs nothing"
    assert len(room.noted) == noted


def test_a_signature_of_another_forge_opens_nothing() -> None:
    room, body = Room(), a_question()
    for sent, to in (("gitea", "github"), ("github", "gitea"), ("github", "gitlab")):
        assert room.post(body, signed(sent, body), to=to) == 401


@given(st.binary(max_size=200), st.text(max_size=80), st.sampled_from(list(ForgeKind)))
def test_no_header_that_is_guessed_is_a_signature(body: bytes, header: str, kind: ForgeKind) -> None:
    names = ("x-hub-signature-256", "x-gitea-signature", "x-gitlab-token")
    assert not is_signed(kind, SECRET, dict.fromkeys(names, header), body)


def test_what_a_deployment_asks_is_noted_once_however_often_it_is_sent() -> None:
    room, body = Room(), a_question()
    assert [room.post(body, signed("github", body)) for _ in range(3)] == [202, 204, 204]
    assert room.noted[0] == DeploymentAsked(
        repository=REPOSITORY, environment="production", commit=COMMIT, callback=CALLBACK
    )


def test_what_is_too_large_is_not_read_to_its_end() -> None:
    room = Room(max_body_bytes=1_000)
    body = a_question(filler="x" * 5_000)
    assert room.post(body, signed("github", body), parts=10) == 413
    assert room.read < 10
    exact = a_question()
    assert Room(max_body_bytes=len(exact)).post(exact, signed("github", exact)) == 202
    assert Room(max_body_bytes=len(exact) - 1).post(exact, signed("github", exact)) == 413


NO_QUESTIONS = [
    *(b"", b"[]", b"{", b"null", b"\xff", b"[" * 100_000),
    *(a_question(environment=one) for one in ("a\nb", 7, "")),
    *(a_question(deployment=one) for one in (None, {"sha": "main"})),
    a_question(repository=[]),
]


@pytest.mark.parametrize("body", NO_QUESTIONS)
def test_a_signed_body_that_cannot_be_read_is_refused(body: bytes) -> None:
    room = Room()
    assert room.post(body, signed("github", body)) == 400
    assert room.noted == []


def test_other_events_and_other_repositories_ask_nothing() -> None:
    room = Room()
    for body, event in (
        (a_question(), "push"),
        (a_question(action="dismissed"), "deployment_protection_rule"),
        (a_question(repository={"full_name": "evil/aims"}), "deployment_protection_rule"),
    ):
        assert room.post(body, signed("github", body, event)) == 204
    assert room.noted == []


def test_ways_in_that_are_none() -> None:
    room, body = Room(), a_question()
    assert room.post(body, signed("github", body), to="bitbucket") == 404
    assert room.post(body, signed("github", body), method="GET") == 405


def test_when_the_ledger_is_out_of_reach_the_forge_sends_it_again() -> None:
    room, body = Room(), a_question()
    room.trouble = Unavailable("locked")
    assert room.post(body, signed("github", body)) == 503
    room.trouble = None
    assert room.post(body, signed("github", body)) == 202


def test_every_recorded_payload_of_github_is_read_and_asks_nothing() -> None:
    """@octokit/webhooks-examples: what GitHub really sent. It holds no `deployment_protection_rule`."""
    if not EXAMPLES.is_file():
        pytest.skip("the npm tools are not installed: run `make setup` where Node.js is")
    room, seen = Room(), 0
    for group in json.loads(EXAMPLES.read_text()):
        for example in group["examples"]:
            body = json.dumps(example).encode()
            assert room.post(body, signed("github", body, group["name"])) == 204, group["name"]
            seen += 1
    assert seen > 150
    assert room.noted == []


def test_a_recorded_deployment_with_the_documented_fields_is_understood() -> None:
    if not EXAMPLES.is_file():
        pytest.skip("the npm tools are not installed: run `make setup` where Node.js is")
    groups = {group["name"]: group["examples"] for group in json.loads(EXAMPLES.read_text())}
    recorded = groups["deployment"][0]
    body = json.dumps(
        recorded | {"action": "requested", "environment": "production", "deployment_callback_url": CALLBACK}
    )
    asked = read_forge_event(ForgeKind.GITHUB, "deployment_protection_rule", body.encode())
    assert asked is not None
    assert (asked.commit, asked.repository) == (recorded["deployment"]["sha"], recorded["repository"]["full_name"])
    with pytest.raises(InvalidInput, match=r"deployment\.sha"):
        read_forge_event(ForgeKind.GITHUB, "deployment_protection_rule", body.replace(asked.commit, "x").encode())
