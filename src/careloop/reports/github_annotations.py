"""Remarks as workflow commands of GitHub Actions, which show them at their lines in the pull request.

GitHub shows ten errors, ten warnings and ten notices of a step; what blocks therefore comes first. What is known gets
no annotation, only a line in the log. No text of a document can start a command of its own.
Source: GitHub Docs, Workflow commands for GitHub Actions; escaping as in @actions/core.
"""

from collections.abc import Iterator

from careloop.reports.remarks import Level, Remark, RemarkList

__all__ = ["annotation_lines"]

_WORDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def annotation_lines(told: RemarkList, *, folder: str = "") -> Iterator[str]:
    """One command a line, then what is known. `folder` is where the repository lies in its git work tree."""
    for remark in told.remarks:
        if remark.known is None:
            yield _annotation(remark, folder)
    known = [one for one in told.remarks if one.known is not None]
    for remark in known:
        yield _plain(f"known: {folder}{remark.place} {remark.message} [{remark.rule}] ({remark.known})")
    news = len(told.remarks) - len(known)
    yield _plain(f"{told.headline}: {news} told, {len(known)} known; {told.about}")


def _annotation(remark: Remark, folder: str) -> str:
    place = remark.place
    where = {"file": f"{folder}{place.file}", "line": str(place.line), "col": str(place.column), "title": remark.rule}
    properties = ",".join(f"{name}={_property(value)}" for name, value in where.items())
    text = "\n".join(part for part in (remark.message, remark.details) if part)
    return f"::{_WORDS[remark.level]} {properties}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _plain(text: str) -> str:
    """One line of a log that the runner takes for no command: neither `::word` at its start nor `##[word]` within."""
    return " ".join(text.split()).replace("##[", "## [")
