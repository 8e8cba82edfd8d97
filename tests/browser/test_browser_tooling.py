"""The judges of pages see what they are for, on a page with planted faults, and pass the mended page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from browser.accessibility import axe_violations
from browser.looks import DARK, LOOKS, PHONE, Look, OpenPage
from browser.page_log import Complaints
from browser.screenshots import VARIABLE, screenshot
from browser.static_site import static_site

STYLE = b"""
body { margin: 0; background: white; color: black }
.quiet { color: #bbb }
.loud { color: #222 }
.wide { width: 600px }
@media (prefers-color-scheme: dark) { body { background: black; color: white } .loud { color: #ddd } }
"""
SCRIPT = b"document.querySelector('h1').textContent += ', seen by a script'"
HEAD = """<!doctype html><html lang="en"><head><title>A page</title><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"><script src="/script.js" defer></script>
</head><body><main><h1>A page</h1>"""
MENDED = (
    '<p class="loud">Words.</p><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="a dot"><button>Go</button>'
)
PLANTED = {
    "/faint": '<p class="quiet">Words that are hard to see.</p>',
    "/nameless": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><button></button>',
    "/inline-style": '<p style="color: red">Red.</p>',
    "/inline-script": "<script>document.title = 'taken over'</script>",
    "/inline-handler": "<button onclick=\"document.title = 'taken over'\">Go</button>",
    "/other-host": '<img src="http://cdn.example/dot.gif" alt="a dot">',
    "/missing": '<img src="/nowhere.gif" alt="a dot">',
    "/broken-script": '<script src="/broken.js"></script>',
}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    pages = {path: f"{HEAD}{body}</main></body></html>".encode() for path, body in {"/": MENDED, **PLANTED}.items()}
    with static_site({**pages, "/style.css": STYLE, "/script.js": SCRIPT, "/broken.js": b"nothing.at.all()"}) as url:
        yield url


def _background(page: Page) -> str:
    return str(page.evaluate("() => getComputedStyle(document.body).backgroundColor"))


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_sound_page_passes_in_every_look(site: str, look: Look, open_page: OpenPage, complaints: Complaints) -> None:
    page = open_page(f"{site}/", look=look)
    assert page.inner_text("h1") == "A page, seen by a script"
    assert axe_violations(page) == []
    assert complaints(page) == []


@pytest.mark.parametrize(
    ("path", "rules"), [("/faint", {"color-contrast"}), ("/nameless", {"button-name", "image-alt"})]
)
def test_axe_finds_a_planted_barrier_though_the_policy_is_strict(
    site: str, path: str, rules: set[str], open_page: OpenPage, complaints: Complaints
) -> None:
    page = open_page(f"{site}{path}")
    barriers = axe_violations(page)
    assert {barrier.rule for barrier in barriers} == rules
    assert all(barrier.at and barrier.impact in ("serious", "critical") for barrier in barriers)
    assert complaints(page) == []


@pytest.mark.parametrize("path", ["/inline-style", "/inline-script", "/other-host"])
def test_what_the_policy_forbids_is_heard(site: str, path: str, open_page: OpenPage, complaints: Complaints) -> None:
    page = open_page(f"{site}{path}")
    heard = complaints(page)
    assert any("Content Security Policy" in line for line in heard), heard
    assert page.title() == "A page"
    assert complaints(page) == []


def test_a_forbidden_handler_does_nothing_and_is_heard(site: str, open_page: OpenPage, complaints: Complaints) -> None:
    page = open_page(f"{site}/inline-handler")
    page.get_by_role("button").click()
    assert any("Content Security Policy" in line for line in complaints(page))
    assert page.title() == "A page"


@pytest.mark.parametrize(("path", "word"), [("/missing", "404"), ("/broken-script", "uncaught")])
def test_what_fails_to_load_or_to_run_is_heard(
    site: str, path: str, word: str, open_page: OpenPage, complaints: Complaints
) -> None:
    page = open_page(f"{site}{path}")
    assert any(word in line for line in complaints(page))


def test_another_host_is_heard_even_where_no_policy_forbids_it(open_page: OpenPage, complaints: Complaints) -> None:
    with static_site({"/": f"{HEAD}{PLANTED['/other-host']}".encode()}, policy="img-src *") as url:
        page = open_page(url)
        assert any(line == "asked another host: http://cdn.example/dot.gif" for line in complaints(page))


def test_a_dark_reader_gets_the_dark_page(site: str, open_page: OpenPage) -> None:
    assert _background(open_page(site)) == "rgb(255, 255, 255)"
    assert _background(open_page(site, look=DARK)) == "rgb(0, 0, 0)"


def test_a_phone_is_as_narrow_as_a_phone(site: str, open_page: OpenPage) -> None:
    page = open_page(site, look=PHONE)
    assert page.evaluate("() => [innerWidth, matchMedia('(pointer: coarse)').matches]") == [390, True]


def test_a_page_can_bring_the_cookies_of_another(site: str, open_page: OpenPage) -> None:
    first = open_page(site)
    first.context.add_cookies([{"name": "who", "value": "ada", "url": site}])
    assert open_page(site, cookies_of=first, look=DARK).evaluate("() => document.cookie") == "who=ada"
    assert open_page(site).evaluate("() => document.cookie") == ""


def test_a_picture_is_taken_when_a_folder_is_named(
    site: str, open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page(site)
    monkeypatch.delenv(VARIABLE, raising=False)
    assert screenshot(page, "page") is None
    monkeypatch.setenv(VARIABLE, str(tmp_path / "pictures"))
    screenshot(page, "page")
    assert (tmp_path / "pictures" / "page.png").read_bytes().startswith(b"\x89PNG")
