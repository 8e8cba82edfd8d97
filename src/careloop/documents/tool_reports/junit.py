"""JUnit XML, as pytest, Gradle, Maven, Jest and others write it.

A document type is refused, so that no entity is ever defined or expanded. Test cases are counted, and what a suite
says of itself is held against that. Figures are shares that passed: each suite by its name, and `all`. Properties say
what was measured: `careloop.lock`, `careloop.system`, `careloop.data_digest`, `careloop.config_digest`.
Source: the Jenkins JUnit schema (junit-10.xsd); Python docs, "XML vulnerabilities".
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NoReturn
from xml.parsers import expat

from careloop.domain.tool_report import Figure, Tool, ToolReport
from careloop.errors import InvalidInput

__all__ = ["is_junit", "read_junit"]

_DEEPEST = 50
_ENDS = {"failure": "failed", "error": "errored", "skipped": "skipped"}


@dataclass
class _Suite:
    name: str
    line: int
    said: dict[str, str]
    passed: int = 0
    failed: int = 0
    errored: int = 0
    skipped: int = 0

    def add(self, ended: str) -> None:
        setattr(self, ended, getattr(self, ended) + 1)

    @property
    def cases(self) -> int:
        return self.passed + self.failed + self.errored + self.skipped


@dataclass
class _Reader:
    """Watches the elements go by and counts."""

    name: str
    suites: list[_Suite] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _inside: list[_Suite] = field(default_factory=list)
    _case: str | None = None
    line: int = 1

    def refuse(self, what: str) -> NoReturn:
        raise InvalidInput(f"{self.name}:{self.line}: {what}")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._open and tag not in ("testsuites", "testsuite"):
            self.refuse(f"<{tag}> is no JUnit report: <testsuites> or <testsuite> is needed")
        if len(self._open) >= _DEEPEST:
            self.refuse(f"nested deeper than {_DEEPEST}")
        self._open.append(tag)
        if tag == "testsuite":
            suite = _Suite(attributes.get("name") or f"suite {len(self.suites) + 1}", self.line, attributes)
            self.suites.append(suite)
            self._inside.append(suite)
        elif tag == "testcase":
            if not self._inside:
                self.refuse("a <testcase> stands in a <testsuite>")
            self._case = "passed"
        elif tag in _ENDS and self._case is not None:
            # An error weighs more than a failure, and either more than a skip.
            order = ("passed", "skipped", "failed", "errored")
            self._case = max(self._case, _ENDS[tag], key=order.index)
        elif tag == "property" and self._case is None:
            self._property(attributes)

    def _property(self, attributes: dict[str, str]) -> None:
        name, value = attributes.get("name", ""), attributes.get("value", "")
        if not name.startswith("careloop."):
            return
        if self.properties.setdefault(name, value) != value:
            self.refuse(f"property {name}: is there twice, with two values")

    def end(self, tag: str) -> None:
        self._open.pop()
        if tag == "testcase" and self._case is not None:
            self._inside[-1].add(self._case)
            self._case = None
        elif tag == "testsuite":
            self._inside.pop()

    def checked(self) -> None:
        """Refuse a suite that says other numbers of itself than its cases give."""
        for suite in self.suites:
            nested = any("tests" in one.said for one in self.suites if one is not suite)
            said = suite.said.get("tests")
            if said is not None and said != str(suite.cases) and not (nested and suite.cases == 0):
                self.line = suite.line
                self.refuse(f"suite {suite.name}: tests: it says {said}, and {suite.cases} cases are there")


def is_junit(raw: bytes) -> bool:
    """Whether it is XML at all."""
    return raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def read_junit(raw: bytes, name: str) -> ToolReport:
    """How many test cases passed, by suite and in all; raises `InvalidInput` with file and line."""
    reader = _Reader(name)
    _parse(raw, reader)
    reader.checked()
    full = [suite for suite in reader.suites if suite.cases]
    if not full:
        reader.refuse("there is no test case")
    said = {key.removeprefix("careloop."): value for key, value in reader.properties.items()}
    return ToolReport(
        tool=Tool.JUNIT,
        version=None,
        figures=tuple(_figures(full)),
        system=said.get("system"),
        lock=said.get("lock"),
        data_digest=said.get("data_digest"),
        config_digest=said.get("config_digest"),
        measured_at=min(filter(None, (_instant(suite, reader) for suite in full)), default=None),
    )


def _parse(raw: bytes, reader: _Reader) -> None:
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        reader.line = parser.CurrentLineNumber
        reader.start(tag.rpartition("}")[2], attributes)

    def doctype(*_: object) -> None:
        reader.line = parser.CurrentLineNumber
        reader.refuse("a document type is not read: it could define entities")

    parser.StartElementHandler = start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise InvalidInput(f"{reader.name}:{error.lineno}: not XML: {expat.ErrorString(error.code)}") from error


def _figures(suites: list[_Suite]) -> Iterator[Figure]:
    names = [suite.name for suite in suites]
    for place, suite in enumerate(suites):
        twice = names.count(suite.name) > 1
        yield _figure(f"{suite.name} {place + 1}" if twice else suite.name, [suite])
    yield _figure("all", suites)


def _figure(name: str, suites: list[_Suite]) -> Figure:
    passed, failed = sum(s.passed for s in suites), sum(s.failed for s in suites)
    n = passed + failed
    return Figure(
        name=name,
        value=passed / n if n else None,
        n=n,
        hits=passed,
        errored=sum(s.errored for s in suites),
        skipped=sum(s.skipped for s in suites),
    )


def _instant(suite: _Suite, reader: _Reader) -> datetime | None:
    """When the suite ran; null where it does not say its time zone."""
    said = suite.said.get("timestamp")
    if not said:
        return None
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        reader.line = suite.line
        reader.refuse(f"suite {suite.name}: timestamp: '{said}' is no instant")
    return found.astimezone(UTC) if found.tzinfo else None
