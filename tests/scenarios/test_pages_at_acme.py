"""The pages at Acme: two people approve, one says no, orders are carried out, and nobody gets further than they may."""

from __future__ import annotations

import base64
import hmac
import re
import struct
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
from acme_releases import APPROVERS, SYSTEM
from served import PASSWORD, Visitor, accounts
from web_office import (
    ADMIN,
    LEAD,
    OPERATIONS,
    READER,
    REQUESTER,
    Founded,
    Office,
    founded,
    mail_of,
    open_office,
)

SEEN = r'name="seen" value="([^"]+)"'


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    return founded(tmp_path_factory.mktemp("founded"))


@pytest.fixture(scope="module")
def office(template: Founded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(template, tmp_path_factory.mktemp("office")) as made:
        yield made


@pytest.fixture
def own_office(template: Founded, tmp_path: Path) -> Iterator[Office]:
    """One for tests that change what waits."""
    with open_office(template, tmp_path) as made:
        yield made


def sign(visitor: Visitor, request: str, verdict: str, *, reason: str = "I read it.", seen: str | None = None) -> int:
    """Decide on the request's page, as a browser would send it; the answer's status."""
    page = visitor.get(f"/approvals/{request}/")
    assert page.status == 200, page.text
    mark = page.found(SEEN) if seen is None else seen
    return visitor.post(f"/approvals/{request}/sign/", seen=mark, verdict=verdict, reason=reason).status


# --- the door ---------------------------------------------------------------------------------------------------------

TABLE = Path(__file__).parents[2] / "docs" / "reference" / "routes.md"
WHO = {"member": READER, "approver": APPROVERS[1], "operator": OPERATIONS, "administrator": ADMIN}


def routes() -> list[tuple[str, str, str]]:
    """Address, methods and role of every page, from the printed table."""
    rows = re.findall(r"^\| `(/[^`]*)` \| ([A-Z ]+) \| (\w+) \|", TABLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) > 20
    return rows


def filled(address: str, office: Office) -> str:
    """An address with real names in it."""
    for part, value in {
        "<path:path>": "policies/charter.md",
        "<slug:name>": SYSTEM,
        "<str:digest>": office.request,
        "<int:index>": "0",
        "<int:number>": "999",
        "<uuid:record>": "0192f3a0-7c1e-7d42-9a51-2f0c6f1b7e11",
    }.items():
        address = address.replace(part, value)
    return f"{address}?ref=6.1.3" if address == "/evidence/explain/" else address


@pytest.mark.parametrize("who", ["visitor", "member", "approver", "operator", "administrator"])
def test_each_route_is_open_to_its_role_and_to_nobody_less(office: Office, who: str) -> None:
    """Every route × role of docs/reference/routes.md, as requests."""
    visitor = office.visitor() if who == "visitor" else office.visitor(WHO[who])
    for address, methods, role in routes():
        path = filled(address, office)
        if path == "/live/" and who != "visitor":
            continue  # it never ends; the live stream has tests of its own
        may = role in ("visitor", who) or (role == "member" and who != "visitor")
        if "GET" in methods:
            answer = visitor.get(path)
        else:
            visitor.get("/accounts/login/" if who == "visitor" else "/account/")
            token = visitor.cookies["csrftoken"]
            headers = {**visitor.form_headers, "X-CSRFToken": token}
            answer = visitor.ask("POST", path, b"", headers)
        where = f"{who} {methods} {path}: {answer.status}"
        if who == "visitor" and role != "visitor":
            assert answer.status == 302, where
            assert answer.headers["location"].startswith("/accounts/login/"), where
        elif not may:
            assert answer.status == 403, where
        else:
            assert answer.status != 403, where
            assert answer.status < 500, where
            assert not answer.headers.get("location", "").startswith("/accounts/login/"), where


def test_a_page_says_what_it_answers_first_and_carries_the_headers(office: Office) -> None:
    visitor = office.visitor(READER)
    answer = visitor.get("/")
    assert answer.headline.endswith("phases are on time; 1 approval request open"), answer.headline
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", answer.text), "nothing inline"


def test_what_does_not_exist_is_not_found_and_asked_wrongly_is_refused(office: Office) -> None:
    visitor = office.visitor(READER)
    for path in (
        "/systems/nobody/",
        "/ledger/999999/",
        "/create/care.yml/",
        "/create/.care/keys/web/",
        "/create/../../etc/passwd/",
        "/approvals/sha256:0000000000/",
        "/incidents/0192f3a0-7c1e-7d42-9a51-2f0c6f1b7e11/",
        "/evidence/explain/?ref=nothing-is-called-so",
        "/nowhere/",
        "/accounts/signup/",
        "/accounts/email/",
    ):
        assert visitor.get(path).status == 404, path
    assert visitor.ask("DELETE", "/").status in (403, 405)
    assert visitor.get("/evolve/scorecard/?quarter=2026Q9").status == 400


# --- approvals --------------------------------------------------------------------------------------------------------


def test_two_people_approve_on_the_page_and_the_release_gets_its_standing_r41(own_office: Office) -> None:
    office = own_office
    for number, person in enumerate(APPROVERS, start=1):
        visitor = office.visitor(person)
        assert sign(visitor, office.request, "approve") == 302
        assert visitor.get(f"/approvals/{office.request}/").headline.startswith(f"{number} of 2 approvals")
    with_standing = office.acme.record(office.acme.locked())
    assert with_standing.json["standing"]["approvals"] == 2
    entry = office.visitor(READER).get("/ledger/?type=approval.given")
    index = entry.found(r'href="/ledger/(\d+)/"')
    shown = office.visitor(READER).get(f"/ledger/{index}/")
    assert "careloop-server" in shown.text
    assert "stepped_up_at" in shown.text
    closed = office.visitor(READER).get(f"/approvals/{office.request}/")
    assert closed.headline == "This request is used"


def test_who_asked_who_reads_and_who_operates_cannot_sign(office: Office) -> None:
    for person in (REQUESTER, READER, OPERATIONS, ADMIN):
        visitor = office.visitor(person)
        page = visitor.get(f"/approvals/{office.request}/")
        assert 'name="verdict"' not in page.text, person
        mark = page.found(r"Request</dt><dd><code>([^<]+)")  # any text: there is no form to take a token from
        assert mark == office.request
        headers = {**visitor.form_headers, "X-CSRFToken": visitor.cookies["csrftoken"]}
        body = urllib.parse.urlencode({"verdict": "approve", "reason": "me", "seen": ""}).encode()
        answer = visitor.ask("POST", f"/approvals/{office.request}/sign/", body, headers)
        assert answer.status == 403, person
    assert "approval.given" not in office.types()


def test_a_stale_page_signs_nothing_and_says_so(own_office: Office) -> None:
    """The request changed while the page was open: somebody else approved."""
    office = own_office
    marta, grace = office.visitor(APPROVERS[0]), office.visitor(APPROVERS[1])
    old = grace.get(f"/approvals/{office.request}/").found(SEEN)
    assert sign(marta, office.request, "approve") == 302
    assert sign(grace, office.request, "approve", seen=old) == 409
    assert grace.last is not None
    assert "nothing was signed" in grace.last.text
    assert office.types().count("approval.given") == 1


def test_a_material_change_while_the_page_is_open_voids_it(own_office: Office) -> None:
    office = own_office
    visitor = office.visitor(APPROVERS[0])
    page = visitor.get(f"/approvals/{office.request}/")
    office.acme.edit("systems/credit-decision/system.yaml", "autonomy: human_can_override", "autonomy: acts_alone")
    office.acme.commit(mail_of(LEAD))
    answer = visitor.post(
        f"/approvals/{office.request}/sign/", seen=page.found(SEEN), verdict="approve", reason="I read it."
    )
    assert answer.status == 409
    assert "acts_alone" in answer.text
    again = visitor.get(f"/approvals/{office.request}/")
    assert again.headline == "This request is void"
    assert "What changed since people were asked" in again.text
    assert "approval.given" not in office.types()


def test_two_tabs_that_approve_at_once_make_one_approval(own_office: Office) -> None:
    office = own_office
    first, second = office.visitor(APPROVERS[0]), office.visitor(APPROVERS[0])
    marks = [tab.get(f"/approvals/{office.request}/").found(SEEN) for tab in (first, second)]
    program = (
        "import sys, urllib.request\n"
        "headers = dict(pair.split('=', 1) for pair in sys.argv[3:])\n"
        "request = urllib.request.Request(sys.argv[1], data=sys.argv[2].encode(), headers=headers)\n"
        "class Stay(urllib.request.HTTPRedirectHandler):\n"
        "    def redirect_request(self, *_): return None\n"
        "try: print(urllib.request.build_opener(Stay).open(request).status)\n"
        "except urllib.error.HTTPError as error: print(error.code)\n"
    )
    running = []
    for tab, mark in zip((first, second), marks, strict=True):
        assert tab.last is not None
        token = tab.last.found(r'name="csrfmiddlewaretoken" value="([^"]+)"')
        fields = {"csrfmiddlewaretoken": token, "seen": mark, "verdict": "approve", "reason": "I read it."}
        cookie = "; ".join(f"{name}={value}" for name, value in tab.cookies.items())
        address = f"http://127.0.0.1:{office.port}"
        words = [f"{address}/approvals/{office.request}/sign/", urllib.parse.urlencode(fields)]
        headers = [f"Cookie={cookie}", f"Origin={address}"]
        running.append(
            subprocess.Popen([sys.executable, "-c", program, *words, *headers], stdout=subprocess.PIPE, text=True)
        )
    answers = sorted(process.communicate(timeout=60)[0].strip() for process in running)
    assert answers == ["302", "409"]
    assert office.types().count("approval.given") == 1


def test_a_no_on_the_page_closes_the_gate(own_office: Office) -> None:
    office = own_office
    visitor = office.visitor(APPROVERS[0])
    assert sign(visitor, office.request, "reject", reason="No applicant under 25 was tested.") == 302
    assert visitor.get(f"/approvals/{office.request}/").headline == "This request is rejected"
    beside = office.acme.keys.parent
    answer = office.acme.gate(str(beside / "lock.json"), beside / "results.json")
    assert answer.code == 1, answer.out
    assert "No applicant under 25" in answer.out


def test_without_a_line_in_care_yaml_the_page_says_which_to_add_and_signs_nothing(own_office: Office) -> None:
    office = own_office
    visitor = office.visitor(APPROVERS[0])
    text = (office.acme.root / "care.yaml").read_text()
    office.acme.write("care.yaml", re.sub(r"^sessions:.*\n", "", text, flags=re.MULTILINE))
    office.acme.commit(mail_of(LEAD))
    for _ in range(40):
        page = visitor.get(f"/approvals/{office.request}/")
        if "vouched_by" in page.text:
            break
    assert "sessions: {vouched_by:" in page.text
    assert 'name="verdict"' not in page.text


def test_a_step_up_that_is_too_old_is_asked_for_anew_and_the_form_goes_on_by_itself(own_office: Office) -> None:
    """The session is aged in the store, as if somebody came back from lunch."""
    office = own_office
    visitor = office.visitor(APPROVERS[0])
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from careloop.web.configuration import configure\n"
        "from careloop.wiring.pages import web_place\n"
        "configure(web_place(Path(sys.argv[1])))\n"
        "from django.contrib.sessions.backends.db import SessionStore\n"
        "session = SessionStore(sys.argv[2])\n"
        "session['account_authentication_methods'] = [\n"
        "    {**one, 'at': time.time() - 3600} for one in session['account_authentication_methods']\n"
        "]\n"
        "session.save()\n"
    )
    words = [sys.executable, "-c", program, str(office.acme.root), visitor.cookies["sessionid"]]
    subprocess.run(words, check=True, capture_output=True)
    assert sign(visitor, office.request, "approve") == 302
    assert visitor.last is not None
    way = visitor.last.headers["location"]
    assert way.startswith("/accounts/reauthenticate/")
    assert "approval.given" not in office.types()
    assert "Confirm that it is you" in visitor.get(way).text
    wrong = visitor.post(way, password="not my password")
    assert wrong.status == 200
    assert "approval.given" not in office.types()
    after = visitor.post(way, password=PASSWORD, next=urllib.parse.parse_qs(way.partition("?")[2])["next"][0])
    assert after.status == 302, after.text
    assert office.types().count("approval.given") == 1


# --- orders -----------------------------------------------------------------------------------------------------------


def test_automation_is_paused_and_resumed_with_a_name_r82(own_office: Office) -> None:
    office = own_office
    marek = office.visitor(OPERATIONS)
    page = marek.get(f"/systems/{SYSTEM}/")
    assert marek.post(f"/systems/{SYSTEM}/order/", action="pause", reason="The gateway moves.").status == 302
    page = marek.get(f"/systems/{SYSTEM}/")
    assert "Automation is paused by marek-novak: The gateway moves." in page.text
    assert marek.post(f"/systems/{SYSTEM}/order/", action="resume", reason="It has moved.").status == 302
    assert office.types()[-2:] == ["automation.paused", "automation.resumed"]


def test_an_order_that_is_none_or_says_no_reason_does_nothing(office: Office) -> None:
    marek = office.visitor(OPERATIONS)
    before = office.types()
    for action, reason, status in (("explode", "why not", 409), ("pause", "   ", 409), ("rollback", "back", 409)):
        marek.get(f"/systems/{SYSTEM}/")
        assert marek.post(f"/systems/{SYSTEM}/order/", action=action, reason=reason).status == status, action
    marek.get("/account/")
    assert marek.post("/systems/nobody/order/", action="pause", reason="x").status == 404
    assert office.types() == before


def test_the_lead_may_pause_but_undoing_takes_the_right_to_restore(own_office: Office) -> None:
    lead = own_office.visitor(LEAD)
    lead.get(f"/systems/{SYSTEM}/")
    answer = lead.post(f"/systems/{SYSTEM}/order/", action="undo", reason="I want it back.")
    assert answer.status == 409
    assert answer.headline == "no post of aoife-kelly carries restore, which 'undo' takes"


# --- accounts ---------------------------------------------------------------------------------------------------------


def test_an_account_is_made_by_a_link_that_works_once(office: Office) -> None:
    admin = office.visitor(ADMIN)
    made = admin.post("/accounts/people/make/", form_of="/accounts/people/", email="helen.fischer@acme.example")
    assert made.status == 302
    link = admin.get("/accounts/people/").found(r'care-once">http://[^/]+(/accounts/password/reset/key/[^<]+)<')
    assert "care-once" not in admin.get("/accounts/people/").text, "shown once"
    helen = Visitor(office.port)
    moved = helen.get(link)
    assert moved.status == 302
    way = moved.headers["location"]
    hers = "another long password of hers"
    done = helen.post(way, form_of=way, password1=hers, password2=hers)
    assert done.status == 302
    helen.sign_in("helen.fischer@acme.example", hers)
    assert helen.get("/account/").headline == "Helen Fischer"
    assert "opens nothing any more" in Visitor(office.port).get(link).text


def test_a_closed_account_is_out_at_once(office: Office) -> None:
    accounts(office.acme.root, mail_of("felix-brandt"))
    felix = office.visitor("felix-brandt")
    admin = office.visitor(ADMIN)
    number = admin.get("/accounts/people/").found(r"(?s)felix\.brandt@acme\.example.*?/accounts/people/(\d+)/close/")
    admin.get("/accounts/people/")
    assert admin.post(f"/accounts/people/{number}/close/").status == 302
    assert felix.get("/").status == 302
    again = Visitor(office.port)
    answer = again.post(
        "/accounts/login/", form_of="/accounts/login/", login=mail_of("felix-brandt"), password=PASSWORD
    )
    assert answer.headers.get("location", "") in ("", "/accounts/inactive/")
    assert again.get("/").status == 302


# --- the second factor ------------------------------------------------------------------------------------------------


def code_of(secret: str, *, ahead: int = 0) -> str:
    """The six digits that an authenticator app shows (RFC 6238: SHA-1, 30 s)."""
    counter = struct.pack(">Q", int(time.time()) // 30 + ahead)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    at = digest[-1] & 0x0F
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def test_a_second_factor_is_asked_for_and_stands_in_what_is_signed_r41(own_office: Office) -> None:
    office = own_office
    visitor = office.visitor(APPROVERS[0])
    activate = "/accounts/2fa/totp/activate/"
    asked = visitor.get(activate)
    assert asked.headers["location"].startswith("/accounts/reauthenticate/"), "it takes a step-up of its own"
    assert (
        visitor.post("/accounts/reauthenticate/", form_of="/accounts/reauthenticate/", password=PASSWORD).status == 302
    )
    secret = visitor.get(activate).found(r'id="authenticator_secret"[^>]*value="([A-Z2-7]+)"')
    assert visitor.post(activate, code=code_of(secret)).status == 302
    assert "second factor on" in visitor.get("/account/").text
    again = Visitor(office.port)
    answer = again.post("/accounts/login/", form_of="/accounts/login/", login=mail_of(APPROVERS[0]), password=PASSWORD)
    assert answer.headers["location"].startswith("/accounts/2fa/authenticate/"), "the password alone is not enough"
    assert again.get("/").headers["location"].startswith("/accounts/login/")
    again.get("/accounts/2fa/authenticate/")
    assert again.post("/accounts/2fa/authenticate/", code=code_of(secret, ahead=1)).status == 302
    assert sign(again, office.request, "approve") == 302
    assert "by a session (password+totp)" in again.get(f"/approvals/{office.request}/").text
