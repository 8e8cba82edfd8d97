"""Signing in by the organisation's directory (OpenID Connect), against a real provider: who comes in, who does not."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPMessage
from pathlib import Path
from typing import IO

import pytest
from acme_releases import APPROVERS, Acme
from oidc_provider import Account, oidc_provider
from served import Answer, Visitor, free_port, refused_to_serve
from typing_extensions import override
from web_office import LEAD, REQUESTER, Office, founded, mail_of, open_office

CLIENT, SECRET = "careloop", "a secret that the directory knows"
SEEN = r'name="seen" value="([^"]+)"'
PEOPLE = [
    Account(sub="u-grace", email=mail_of(APPROVERS[1]), name="Grace Liu", email_verified=True),
    Account(sub="u-helen", email=mail_of("helen-fischer"), name="Helen Fischer", email_verified=True),
    Account(sub="u-unsure", email=mail_of("felix-brandt"), name="Felix Brandt", email_verified=False),
    Account(sub="u-false-marta", email=mail_of(APPROVERS[0]), name="Not Marta", email_verified=False),
    Account(sub="u-stranger", email="stranger@elsewhere.example", name="A Stranger", email_verified=True),
]


@dataclass(frozen=True)
class Directory:
    """The office, and the provider that people sign in by."""

    office: Office

    def sign_in(self, mail: str) -> tuple[Visitor, Answer]:
        """From the button on our page, through the provider's form, and back."""
        visitor = Visitor(self.office.port)
        start = visitor.post("/accounts/oidc/directory/login/?process=login", form_of="/accounts/login/")
        assert start.status == 302, start.text
        back = _through_the_provider(start.headers["location"], mail)
        address = urllib.parse.urlsplit(back)
        assert address.port == self.office.port
        return visitor, visitor.get(f"{address.path}?{address.query}")


class _Stay(urllib.request.HTTPRedirectHandler):
    """Redirects to our own pages are for the visitor to follow."""

    @override
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        return None if "/login/callback/" in newurl else super().redirect_request(req, fp, code, msg, headers, newurl)


def _through_the_provider(address: str, mail: str) -> str:
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(), _Stay)
    with opener.open(address, timeout=30) as form:
        place = form.geturl()
    try:
        opener.open(place, data=urllib.parse.urlencode({"email": mail}).encode(), timeout=30)
    except urllib.error.HTTPError as redirect:
        return str(redirect.headers["Location"])
    raise AssertionError("the provider did not send the person back")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    template, folder, port = founded(tmp_path_factory.mktemp("founded")), tmp_path_factory.mktemp("office"), free_port()
    callback = f"http://127.0.0.1:{port}/accounts/oidc/directory/login/callback/"
    with oidc_provider(accounts=PEOPLE, client_id=CLIENT, client_secret=SECRET, redirect_uris=[callback]) as issuer:
        environment = {
            "CARELOOP_OIDC_ISSUER": issuer,
            "CARELOOP_OIDC_CLIENT_ID": CLIENT,
            "CARELOOP_OIDC_CLIENT_SECRET": SECRET,
            "CARELOOP_OIDC_NAME": "Acme's directory",
        }
        with open_office(template, folder, port=port, **environment) as office:
            yield Directory(office)


def test_somebody_of_roles_yaml_comes_in_at_the_first_visit_and_is_that_person(directory: Directory) -> None:
    visitor, answer = directory.sign_in(mail_of("helen-fischer"))
    assert answer.status == 302, answer.text
    assert visitor.get("/account/").headline == "Helen Fischer"
    assert "approve_release" in visitor.get("/account/").text


def test_an_approval_by_the_directory_names_its_issuer_and_no_mail_address_r41(directory: Directory) -> None:
    office = directory.office
    visitor, _ = directory.sign_in(mail_of(APPROVERS[1]))
    page = visitor.get(f"/approvals/{office.request}/")
    signed = visitor.post(
        f"/approvals/{office.request}/sign/", seen=page.found(SEEN), verdict="approve", reason="I read it."
    )
    assert signed.status == 302, signed.text
    index = visitor.get("/ledger/?type=approval.given").found(r'href="/ledger/(\d+)/"')
    text = visitor.get(f"/ledger/{index}/").text
    assert "directory" in text
    assert "u-grace" in text
    assert "http://127.0.0.1" in text
    assert mail_of(APPROVERS[1]) not in text


@pytest.mark.parametrize("who", [PEOPLE[2], PEOPLE[3], PEOPLE[4]], ids=lambda one: str(one.sub))
def test_an_address_that_is_not_verified_or_not_ours_opens_nothing(directory: Directory, who: Account) -> None:
    """Nor does it open the account of whoever has that address here."""
    visitor, answer = directory.sign_in(who.email)
    assert answer.status in (200, 302)
    if answer.status == 302:
        answer = visitor.get(answer.headers["location"])
    assert visitor.get("/").status == 302
    assert visitor.get("/account/").headers["location"].startswith("/accounts/login/")


def test_local_accounts_go_on_beside_the_directory(directory: Directory) -> None:
    assert directory.office.visitor(REQUESTER).get("/account/").headline == "Daniel Osei"
    assert "Sign in by Acme&#x27;s directory" in Visitor(directory.office.port).get("/accounts/login/").text
    assert directory.office.visitor(LEAD).get("/").status == 200


def test_an_answer_that_nobody_asked_for_signs_nobody_in(directory: Directory) -> None:
    """The callback with somebody else's code and no state of one's own (login CSRF)."""
    visitor = Visitor(directory.office.port)
    answer = visitor.get("/accounts/oidc/directory/login/callback/?code=stolen&state=made-up")
    assert answer.status in (200, 400, 401, 403)
    assert visitor.get("/").status == 302


def test_a_half_described_directory_is_refused_at_the_start(tmp_path: Path) -> None:
    acme = Acme.founded(tmp_path)
    said = refused_to_serve(acme.root, CARELOOP_OIDC_ISSUER="https://id.acme.example")
    assert "CARELOOP_OIDC_CLIENT_ID, CARELOOP_OIDC_CLIENT_SECRET is not set" in said
