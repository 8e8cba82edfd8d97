"""What pages take from others is listed, unaltered, licensed, small, and asks nothing of any other host."""

import hashlib
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from project_files import PACKAGE, name_of, project_files

VENDOR = PACKAGE / "web" / "static" / "vendor"
LIST = VENDOR / "VENDORED.toml"
FREE = {"MIT", "0BSD"}
"""Licences of what is on the list now; another one is weighed before it is added here."""
MOST_BYTES = 1_200_000

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SOURCE_MAP = re.compile(r"sourceMappingURL")
_IN_STYLE = re.compile(r"@import[^;]*|url\(\s*(?![\"']?(?:data:|#))[^)]*\)")
_ELSEWHERE = re.compile(r"\bhttps?://(?!www[.]w3[.]org/)[^\s\"'`)]*|[\"'`(]//[\w.-]+[.]\w")
"""An address of another host; the World Wide Web Consortium's are names of XML vocabularies, which nothing fetches."""


def _packages() -> list[dict[str, Any]]:
    return list(tomllib.loads(LIST.read_text(encoding="utf-8"))["package"])


def _listed() -> dict[str, str]:
    rows = [(package["folder"], file) for package in _packages() for file in package["file"]]
    return {f"{folder}/{file['path']}": file["sha256"] for folder, file in rows}


def _loads(text: str, *, style: bool) -> Iterator[str]:
    """What a style sheet, script or drawing would fetch besides itself; licence banners and comments fetch nothing."""
    yield from (match.group() for match in _SOURCE_MAP.finditer(text))
    code = _COMMENT.sub("", text)
    yield from (match.group() for match in _ELSEWHERE.finditer(code))
    if style:
        yield from (match.group() for match in _IN_STYLE.finditer(code))


def test_every_vendored_file_is_the_one_on_the_list() -> None:
    here = {path for path in project_files() if path.is_relative_to(VENDOR) and path != LIST}
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(here)
    }
    assert found
    assert found == _listed()


@pytest.mark.parametrize("package", _packages(), ids=lambda package: package["npm"])
def test_a_vendored_package_is_pinned_and_has_its_licence_beside_it(package: dict[str, Any]) -> None:
    assert re.fullmatch(r"\d+[.]\d+[.]\d+", package["version"])
    assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", package["integrity"])
    assert package["licence"] in FREE
    assert package["why"]
    assert "Permission" in (VENDOR / package["folder"] / "LICENSE").read_text(encoding="utf-8")
    without_source = [file for file in package["file"] if "from" not in file]
    assert [file["path"] for file in without_source if not file.get("why")] == []


def test_no_vendored_file_asks_another_host_for_anything() -> None:
    kinds = {".css", ".js", ".svg"}
    files = [path for path in project_files() if path.is_relative_to(VENDOR) and path.suffix in kinds]
    found = {name_of(path): list(_loads(path.read_text("utf-8"), style=path.suffix == ".css")) for path in files}
    assert {path.suffix for path in files} == kinds
    assert {name: loads for name, loads in found.items() if loads} == {}


def test_the_vendored_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in project_files() if path.is_relative_to(VENDOR)) < MOST_BYTES


@pytest.mark.parametrize(
    "text",
    [
        "@import 'fonts.css';",
        "a{background:url(https://cdn.example/a.png)}",
        "a{background:url('//cdn.example/a.png')}",
        "@font-face{src:url(fonts/a.woff2)}",
        "/*# sourceMappingURL=a.css.map */",
    ],
)
def test_the_search_sees_what_a_style_sheet_loads(text: str) -> None:
    assert list(_loads(text, style=True)) != []


def test_the_search_sees_what_a_script_loads_and_passes_over_banners() -> None:
    assert list(_loads("fetch('https://cdn.example/a.js')", style=False)) != []
    assert list(_loads("/*! https://example.org, MIT */a('http://www.w3.org/2000/svg')", style=False)) == []
