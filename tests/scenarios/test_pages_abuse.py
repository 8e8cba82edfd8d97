"""Faults and abuse of the pages: each refused, with nothing lost; and the API, which opens by tokens alone."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from acme_releases import APPROVERS, SYSTEM
from served import PASSWORD, TOKEN, Answer, Visitor, serving
from web_office import READER, Founded, Office, founded, mail_of, open_office

LOGIN = "/accounts/login/"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    return founded(tmp_path_factory.mktemp("founded"))


@pytest.fixture(scope="module")
def office(template: Founded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(template, tmp_path_factory.mktemp("office")) as made:
        yield made


def token(visitor: Visitor, *scopes: str, name: str = "pipeline", days: str = "30") -> str:
    """A new token of somebody's own."""
    made = visitor.post("/account/tokens/", form_of="/account/", name=name, scopes=list(scopes), days=days)
    assert made.status == 302, made.text
    return visitor.get("/account/").found(r'care-once">(care_[^<]+)<')


def with_token(office: Office, path: str, secret: str, *, body: Any = None) -> Answer:
    """A call of the API."""
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    sent = None if body is None else json.dumps(body).encode()
    return Visitor(office.port).ask("GET" if body is None else "POST", path, sent, headers)


# --- forms and sessions -----------------------------------------------------------------------------------------------


def test_a_form_without_the_pages_token_is_refused(office: Office) -> None:
    visitor = office.visitor(APPROVERS[0])
    path = f"/approvals/{office.request}/sign/"
    answer = visitor.ask("POST", path, b"verdict=approve&reason=x", visitor.form_headers)
    assert (answer.status, answer.headline) == (403, "The form was not accepted")
    visitor.get(f"/approvals/{office.request}/")
    elsewhere = {**visitor.form_headers, "Origin": "https://elsewhere.example"}
    token_in_page = visitor.last.found(r'name="csrfmiddlewaretoken" value="([^"]+)"') if visitor.last else ""
    body = f"csrfmiddlewaretoken={token_in_page}&verdict=approve&reason=x".encode()
    assert visitor.ask("POST", path, body, elsewhere).status == 403
    assert "approval.given" not in office.types()


def test_signing_in_changes_the_session_so_that_none_can_be_fixed_beforehand(office: Office) -> None:
    visitor = Visitor(office.port)
    visitor.cookies["sessionid"] = "chosenbytheattacker0000000000000"
    visitor.sign_in(mail_of(READER))
    assert visitor.cookies["sessionid"] != "chosenbytheattacker0000000000000"
    first = visitor.cookies["sessionid"]
    assert visitor.post("/accounts/logout/", form_of="/account/").status == 302
    old = Visitor(office.port, {"sessionid": first})
    assert old.get("/").headers["location"].startswith(LOGIN), "the session is gone from the store as well"


def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(office: Office) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", office.port)
    visitor = Visitor(office.port)
    page = visitor.get(LOGIN)
    form = page.found(r'name="csrfmiddlewaretoken" value="([^"]+)"')
    body = f"csrfmiddlewaretoken={form}&login={mail_of(READER)}&password={PASSWORD.replace(' ', '+')}"
    connection.request(
        "POST", LOGIN, body, {**visitor.form_headers, "Cookie": f"csrftoken={visitor.cookies['csrftoken']}"}
    )
    cookies = connection.getresponse().headers.get_all("Set-Cookie") or []
    session = next(one for one in cookies if one.startswith("sessionid="))
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    connection.close()


@pytest.mark.parametrize(
    "next_page", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", "/\\elsewhere.example"]
)
def test_signing_in_leads_nowhere_else(office: Office, next_page: str) -> None:
    visitor = Visitor(office.port)
    answer = visitor.post(LOGIN, form_of=LOGIN, login=mail_of(READER), password=PASSWORD, next=next_page)
    assert answer.status == 302
    assert answer.headers["location"] == "/"


def test_guessing_passwords_is_stopped_even_for_the_right_one(template: Founded, tmp_path: Any) -> None:
    with open_office(template, tmp_path) as office:
        guesser = Visitor(office.port)
        for _ in range(6):
            guesser.post(LOGIN, form_of=LOGIN, login=mail_of(READER), password="a wrong password")
        answer = guesser.post(LOGIN, form_of=LOGIN, login=mail_of(READER), password=PASSWORD)
        assert answer.status in (200, 429)
        assert "Too many failed login attempts" in answer.text or answer.status == 429
        assert guesser.get("/").status == 302
        other = office.visitor(APPROVERS[0])
        assert other.get("/").status == 200, "others still get in"


def test_a_wrong_address_and_a_wrong_password_are_answered_alike(office: Office) -> None:
    said = []
    for mail in (mail_of("felix-brandt"), "nobody@elsewhere.example"):
        answer = Visitor(office.port).post(LOGIN, form_of=LOGIN, login=mail, password="a wrong password")
        said.append(re.findall(r'class="alert alert-danger"[^>]*>([^<]+)<', answer.text))
    assert said[0] == said[1] != []


def test_a_form_that_is_far_too_large_is_refused(office: Office) -> None:
    visitor = office.visitor(APPROVERS[0])
    page = visitor.get(f"/approvals/{office.request}/")
    form = page.found(r'name="csrfmiddlewaretoken" value="([^"]+)"')
    body = f"csrfmiddlewaretoken={form}&verdict=approve&reason={'x' * (2 * 2**20)}".encode()
    assert visitor.ask("POST", f"/approvals/{office.request}/sign/", body, visitor.form_headers).status == 400
    announced = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {TOKEN}",
        "Content-Length": str(9 * 2**20),
    }
    assert visitor.ask("POST", "/api/v1/events", None, announced).status == 413
    assert "approval.given" not in office.types()


# --- what documents say is never active -------------------------------------------------------------------------------


def test_markdown_and_fields_that_hold_script_are_shown_as_text(template: Founded, tmp_path: Any) -> None:
    """XSS through Markdown and through fields of documents."""
    attack = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    with open_office(template, tmp_path) as office:
        acme = office.acme
        acme.write(
            "policies/charter.md",
            f"{(acme.root / 'policies/charter.md').read_text()}\n\n{attack}\n\n[x](javascript:alert(3))\n",
        )
        acme.edit("systems/credit-decision/system.yaml", "name: Credit decision", f"name: 'Credit {attack}'")
        acme.commit(mail_of("aoife-kelly"))
        visitor = office.visitor(READER)
        for _ in range(60):
            if "onerror" in visitor.get("/systems/").text:
                break
            time.sleep(0.5)
        for path in (
            "/",
            "/systems/",
            f"/systems/{SYSTEM}/",
            "/run/",
            "/create/policies/charter.md/",
            "/approvals/",
            "/evidence/",
        ):
            page = visitor.get(path).text
            assert "<script>alert" not in page, path
            assert "<img src=x" not in page, path
            assert 'href="javascript:' not in page, path
        assert "&lt;script&gt;alert(1)" in visitor.get("/create/policies/charter.md/").text


def test_words_in_an_address_come_back_as_text(office: Office) -> None:
    visitor = office.visitor(READER)
    attack = '"><script>alert(1)</script>'
    for path in (f"/ledger/?subject={attack}", f"/evidence/explain/?ref={attack}", f"/evidence/?state={attack}"):
        answer = visitor.get(path.replace(" ", "%20").replace('"', "%22").replace("<", "%3C").replace(">", "%3E"))
        assert "<script>alert(1)" not in answer.text, path


# --- somebody else's things -------------------------------------------------------------------------------------------


def test_a_token_of_somebody_else_cannot_be_seen_or_ended(office: Office) -> None:
    """IDOR: numbers of things that are not one's own."""
    marta, niamh = office.visitor(APPROVERS[0]), office.visitor(READER)
    secret = token(marta, "read", name="martas pipeline")
    number = marta.get("/account/").found(r"/account/tokens/(\d+)/revoke/")
    assert "martas pipeline" not in niamh.get("/account/").text
    assert niamh.post(f"/account/tokens/{number}/revoke/", form_of="/account/").status == 404
    assert with_token(office, "/api/v1/status", secret).status == 200
    assert marta.post(f"/account/tokens/{number}/revoke/", form_of="/account/").status == 302
    assert with_token(office, "/api/v1/status", secret).status == 401
    assert secret not in marta.get("/account/").text


# --- the API ----------------------------------------------------------------------------------------------------------


def test_the_api_says_what_the_commands_say(office: Office) -> None:
    visitor = office.visitor(READER)
    secret = token(visitor, "read", "metrics")
    status = with_token(office, "/api/v1/status", secret).json
    assert status["schema"] == "careloop/status/v1"
    shown = office.acme.care("status", "--format", "json").json
    assert [(row["id"], row["status"]) for row in status["requirements"]] == [
        (row["id"], row["status"]) for row in shown["requirements"]
    ]
    systems = with_token(office, "/api/v1/systems", secret).json
    assert [one["id"] for one in systems["systems"]] == ["credit-decision", "product-recommender", "support-assistant"]
    assert systems["commit"] == status["commit"]
    asked = with_token(office, "/api/v1/requests", secret).json["requests"]
    assert (asked[0]["digest"], asked[0]["state"], asked[0]["required"]) == (office.request, "open", 2)
    entries = with_token(office, "/api/v1/ledger/entries?type=approval.requested", secret).json
    assert entries["entries"][0]["data"]["request"] == office.request
    proof = with_token(office, "/api/v1/ledger/entries/0/proof", secret)
    assert proof.text.startswith("c2sp.org/tlog-proof@v1")
    assert with_token(office, "/api/v1/ledger/entries?most=0", secret).status == 400
    assert with_token(office, "/api/v1/systems/nobody", secret).status == 404
    metrics = Visitor(office.port).get("/metrics", Authorization=f"Bearer {secret}")
    assert "care_approval_requests_open 1.0" in metrics.text
    described = Visitor(office.port).get("/api/v1/openapi.json").json
    assert "/api/v1/gate" in described["paths"]


def test_a_token_opens_its_scopes_and_nothing_else(office: Office) -> None:
    visitor = office.visitor(APPROVERS[0])
    reads, events = token(visitor, "read"), token(visitor, "events")
    assert with_token(office, "/api/v1/status", events).status == 401
    assert with_token(office, "/api/v1/gate", reads, body={}).status == 401
    assert Visitor(office.port).get("/metrics", Authorization=f"Bearer {reads}").status == 401
    assert with_token(office, "/api/v1/status", "care_made-up").status == 401
    assert with_token(office, "/api/v1/events", reads, body=[]).status == 401
    assert Visitor(office.port).get("/", Authorization=f"Bearer {reads}").status == 302, "no page opens by a token"
    sign = Visitor(office.port).ask(
        "POST", f"/approvals/{office.request}/sign/", b"verdict=approve", {"Authorization": f"Bearer {reads}"}
    )
    assert sign.status in (302, 403)
    assert "approval.given" not in office.types()


def test_a_token_that_lives_too_long_or_opens_nothing_is_not_made(office: Office) -> None:
    visitor = office.visitor(READER)
    wrong: tuple[dict[str, str | list[str]], ...] = (
        {"scopes": ["read"], "days": "4000"},
        {"scopes": [], "days": "3"},
        {"scopes": ["root"], "days": "3"},
    )
    for fields in wrong:
        answer = visitor.post("/account/tokens/", form_of="/account/", name="x", **fields)
        assert answer.status == 400, fields


def test_a_pipeline_asks_the_gate_by_http_as_it_does_by_the_command(office: Office) -> None:
    secret = token(office.visitor(READER), "gate")
    lock = json.loads((office.acme.keys.parent / "lock.json").read_text())
    results = json.loads((office.acme.keys.parent / "results.json").read_text())
    body = {"system": SYSTEM, "lock": lock, "results": [results], "requester": "daniel-osei"}
    answer = with_token(office, "/api/v1/gate", secret, body=body)
    assert answer.status == 200, answer.text
    assert answer.json["decision"] == "wait"
    assert with_token(office, "/api/v1/gate", secret, body={**body, "lock": {"system": SYSTEM}}).status == 400
    assert with_token(office, "/api/v1/gate", secret, body={**body, "system": "nobody"}).status == 400
    assert with_token(office, "/api/v1/gate", secret, body={"system": SYSTEM}).json["fields"]


def test_events_come_in_by_token_and_show_on_the_board(office: Office) -> None:
    secret = token(office.visitor(READER), "events", "read")
    event = {
        "id": "e-1",
        "system": SYSTEM,
        "release": "unknown",
        "kind": "inference",
        "occurred_at": "2026-11-01T10:00:00Z",
    }
    refused = with_token(office, "/api/v1/events", secret, body=[event])
    assert refused.status == 422
    beat = {"id": "h-1", "system": SYSTEM, "kind": "heartbeat", "source": "gateway", "seq": 1}
    beat |= {"release": f"{json.loads((office.acme.keys.parent / 'results.json').read_text())['lock']}"}
    beat |= {"occurred_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    taken = with_token(office, "/api/v1/events", secret, body=[beat])
    assert taken.status in (200, 422), taken.text
    assert Visitor(office.port).ask("POST", "/api/v1/events", b"[]", {"Content-Type": "application/json"}).status == 401


# --- the live stream --------------------------------------------------------------------------------------------------


def listening(office: Office, visitor: Visitor) -> http.client.HTTPResponse:
    """An open stream."""
    connection = http.client.HTTPConnection("127.0.0.1", office.port, timeout=30)
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    connection.request("GET", "/live/", headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
    return connection.getresponse()


def told(stream: http.client.HTTPResponse, name: str) -> dict[str, Any]:
    """The next event of a name."""
    while True:
        line = stream.readline().decode()
        assert line, "the stream ended"
        if line == f"event: {name}\n":
            found: dict[str, Any] = json.loads(stream.readline().decode().removeprefix("data: "))
            return found


def test_the_stream_tells_of_a_change_and_pages_follow(template: Founded, tmp_path: Any) -> None:
    with open_office(template, tmp_path) as office:
        visitor = office.visitor(APPROVERS[0])
        stream = listening(office, visitor)
        assert stream.headers["Content-Type"] == "text/event-stream"
        first = told(stream, "board")
        office.acme.approve(office.request, APPROVERS[0])
        later = told(stream, "board")
        while later["ledger_size"] == first["ledger_size"]:
            later = told(stream, "board")
        assert later["number"] > first["number"]
        assert "1 of 2 approvals" in visitor.get("/approvals/").text


def test_a_stream_that_the_server_leaves_comes_back_after_its_restart(template: Founded, tmp_path: Any) -> None:
    with open_office(template, tmp_path) as office:
        visitor = office.visitor(READER)
        stream = listening(office, visitor)
        told(stream, "board")
        port = office.port
    with pytest.raises((http.client.IncompleteRead, OSError)):
        stream.read()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    with serving(office.acme.root) as again:
        reopened = Office(office.acme, again, office.request)
        same = Visitor(again, visitor.cookies)
        assert same.get("/").status == 200, "who was signed in still is"
        assert told(listening(reopened, same), "board")["number"] >= 1


def test_a_stream_ends_when_the_session_does(template: Founded, tmp_path: Any) -> None:
    with open_office(template, tmp_path) as office:
        visitor = office.visitor(READER)
        stream = listening(office, visitor)
        told(stream, "board")
        other = Visitor(office.port, dict(visitor.cookies))
        assert other.post("/accounts/logout/", form_of="/account/").status == 302
        assert told(stream, "signed_out") == {}
