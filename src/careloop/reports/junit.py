"""Remarks as JUnit XML, which Jenkins, GitLab and most other servers show as tests.

What blocks is a failure, what cannot be read an error, what is known or only warns is skipped with its reason; a gate
that waits has failed as a test, for the release did not go ahead. A run with nothing to say has one test that passed.
"""

import re
from typing import Final
from xml.etree import ElementTree

from careloop.reports.remarks import Level, Remark, RemarkList

__all__ = ["junit_text"]

_FORBIDDEN: Final = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Everything that XML 1.0 has no way to say."""


def junit_text(told: RemarkList, *, folder: str = "") -> str:
    """One suite. `folder` is where the repository lies in its git work tree: `governance/`, or empty."""
    remarks = told.remarks
    counts = {
        "tests": max(1, len(remarks)),
        "failures": sum(_fails(one) and not one.unreadable for one in remarks),
        "errors": sum(one.unreadable for one in remarks),
        "skipped": sum(not _fails(one) for one in remarks),
    }
    numbers = {name: str(count) for name, count in counts.items()}
    suites = ElementTree.Element("testsuites", {"name": f"care {told.command}", **numbers, "time": "0"})
    suite = ElementTree.SubElement(suites, "testsuite", {"name": f"care {told.command}", **numbers, "time": "0"})
    if not remarks:
        ElementTree.SubElement(suite, "testcase", _named(f"care {told.command}", told.about))
    for remark in remarks:
        _case(suite, remark, folder)
    ElementTree.indent(suites)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(suites, encoding="unicode")}\n'


def _fails(remark: Remark) -> bool:
    return remark.level is Level.ERROR or remark.waits


def _case(suite: ElementTree.Element, remark: Remark, folder: str) -> None:
    place = remark.place
    name = f"{remark.rule}: {remark.message}"
    case = ElementTree.SubElement(suite, "testcase", _named(folder + place.file, name))
    case.set("file", _sayable(folder + place.file))
    case.set("line", str(place.line))
    if not _fails(remark):
        why = remark.known or "blocks nothing"
        ElementTree.SubElement(case, "skipped", {"message": _sayable(f"{why}: {remark.message}")})
        return
    kind = "error" if remark.unreadable else "failure"
    what = "waits" if remark.waits else remark.rule
    found = ElementTree.SubElement(case, kind, {"message": _sayable(remark.message), "type": _sayable(what)})
    lines = [f"{folder}{place}", remark.message, remark.details]
    lines += [f"serves {', '.join(remark.controls)}"] if remark.controls else []
    found.text = _sayable("\n".join(line for line in lines if line))


def _named(group: str, name: str) -> dict[str, str]:
    return {"classname": _sayable(group), "name": _sayable(name), "time": "0"}


def _sayable(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
