"""A visit to the served pages by HTTP, as each of Acme's people: for a demonstration that nobody sits in front of."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from html import unescape
from http.cookiejar import CookieJar
from typing import Any, Final

from careloop.cli.demo.company import APPROVERS
from careloop.cli.demo.evaluation import SYSTEM
from careloop.cli.demo.live_scene import Served
from careloop.cli.demo.stage import Stage
from careloop.errors import CareloopError

__all__ = ["Guest", "headline", "take_tour"]

_TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_ANSWER: Final = re.compile(r'<h1 class="care-answer">(.*?)</h1>', re.DOTALL)
_REQUEST: Final = re.compile(r'href="/approvals/(sha256:[0-9a-f]{64})/"')
_SEEN: Final = re.compile(r'name="seen" value="([^"]+)"')
_PATIENCE_S: Final = 40


class Guest:
    """Somebody with a browser's cookies and nothing else of a browser."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar())).open

    def get(self, path: str) -> str:
        """A page; raises `CareloopError` for anything but a page."""
        return self._sent(urllib.request.Request(f"{self._address}{path}"))

    def post(self, path: str, page: str, **fields: str) -> str:
        """Send a form of a page, with the page's own token."""
        token = _found(_TOKEN, page, "a form")
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        headers = {"Referer": f"{self._address}{path}"}
        return self._sent(urllib.request.Request(f"{self._address}{path}", data=body, headers=headers))

    def sign_in(self, mail: str, password: str) -> str:
        """Sign in; returns the page that follows."""
        page = self.get("/accounts/login/")
        return self.post("/accounts/login/", page, login=mail, password=password)

    def _sent(self, request: urllib.request.Request) -> str:
        try:
            with self._open(request, timeout=60) as answer:
                text: str = answer.read().decode()
                return text
        except urllib.error.HTTPError as error:
            said = _words(_ANSWER.search(error.read().decode(errors="replace")))
            raise CareloopError(f"{request.full_url} answered {error.code}: {said}") from error


def take_tour(stage: Stage, served: Served) -> None:
    """Sign in as two people, read pages, approve the waiting release twice, and see live applications arrive."""
    stage.scene("The pages: two people sign in, read, and approve")
    guests = []
    for person in APPROVERS:
        mail = f"{person.replace('-', '.')}@acme.example"
        guest = Guest(served.address)
        stage.show([("good", f"{person} signs in: {headline(guest.sign_in(mail, served.accounts[mail]))}")])
        guests.append(guest)
    for path in (f"/systems/{SYSTEM}/", "/approvals/", "/incidents/", "/evidence/", "/ledger/"):
        stage.show([("grey", f"{path}  {headline(guests[0].get(path))}")])
    for person, guest in zip(APPROVERS, guests, strict=True):
        digest = _found(_REQUEST, guest.get("/approvals/"), "a request")
        path = f"/approvals/{digest}/"
        page = guest.get(path)
        seen = _found(_SEEN, page, "what the page showed")
        fields = {"seen": seen, "verdict": "approve", "reason": "I read the results on this page."}
        after = guest.post(f"{path}sign/", page, **fields)
        stage.show([("good", f"{person} approves on the page: {headline(after)}")])
    _see_life(stage, guests[0])


def headline(page: str) -> str:
    """The answer that a page gives in its first line."""
    return _words(_ANSWER.search(page))


def _see_life(stage: Stage, guest: Guest) -> None:
    path = f"/systems/{SYSTEM}/charts.json"
    before, until = _rows(json.loads(guest.get(path))), time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        time.sleep(1)
        now = _rows(json.loads(guest.get(path)))
        if now > before:
            stage.show([("good", f"3.4.0 answers; the page's windows grew by {now - before} rows while it was open")])
            stage.show([("grey", f"/systems/{SYSTEM}/  {headline(guest.get(f'/systems/{SYSTEM}/'))}")])
            return
    raise CareloopError(f"no live application arrived within {_PATIENCE_S} s")


def _rows(told: dict[str, Any]) -> int:
    lines = [line for chart in told["charts"] for part in chart["parts"] for line in part["lines"]]
    return max((sum(line["n"]) for line in lines), default=0)


def _found(pattern: re.Pattern[str], page: str, what: str) -> str:
    match = pattern.search(page)
    if match is None:
        raise CareloopError(f"the page holds not {what}: {headline(page)}")
    return unescape(match.group(1))


def _words(match: re.Match[str] | None) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", match.group(1))).split()) if match else "(no first line)"
