"""Open an issue at GitHub, GitLab or Jira, once: it is looked for by its markers first.

A happening has one issue. A topic - the same monitor, group and release - has one open issue: while that is open an
alarm of the same kind opens no other. Source: GitHub REST API 2022-11-28, "Issues"; GitLab REST API v4, "Issues";
Jira platform REST API 2, "Create issue", and "Search for issues using JQL" (3 for the cloud, 2 for data centers).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from careloop.adapters.json_line import JsonLine
from careloop.domain.happening import Happening, Preview
from careloop.errors import NotFound, Unavailable
from careloop.reports.happening_text import issue_jira, issue_markdown, issue_title, markers_of

__all__ = ["GithubIssues", "GitlabIssues", "JiraIssues", "basic_or_bearer"]

_LABEL: Final = "careloop"
_PER_PAGE: Final = 100
_MOST_PAGES: Final = 20
_LONGEST: Final = 32_000
"""Signs of a description: Jira takes 32,767, the others more."""


class GithubIssues:
    """An `Outlet`: issues in a repository, `owner/name`. The token may write issues and set labels."""

    def __init__(self, line: JsonLine, repository: str) -> None:
        self._line, self._path = line, f"/repos/{quote(repository)}/issues"

    def preview(self, happening: Happening) -> tuple[Preview, ...]:
        """One issue."""
        return (Preview(method="POST", url=self._line.url + self._path, body=self._issue(happening)),)

    def tell(self, happening: Happening) -> None:
        """Open it, unless it is there."""
        query = {"labels": _LABEL, "state": "all", "sort": "created", "direction": "desc"}
        rows = _pages(self._line, self._path, query)
        if not _is_told(((str(row.get("body") or ""), row.get("state") == "open") for row in rows), happening):
            self._line.ask("POST", self._path, self._issue(happening))

    def _issue(self, happening: Happening) -> dict[str, Any]:
        return {
            "title": issue_title(happening),
            "body": issue_markdown(happening),
            "labels": [_LABEL, happening.kind.value],
        }


class GitlabIssues:
    """An `Outlet`: issues in a project, by its path or number. The token has the scope `api`."""

    def __init__(self, line: JsonLine, project: str) -> None:
        self._line, self._path = line, f"/api/v4/projects/{quote(project, safe='')}/issues"

    def preview(self, happening: Happening) -> tuple[Preview, ...]:
        """One issue."""
        return (Preview(method="POST", url=self._line.url + self._path, body=self._issue(happening)),)

    def tell(self, happening: Happening) -> None:
        """Open it, unless it is there."""
        query = {"labels": _LABEL, "scope": "all", "order_by": "created_at", "sort": "desc"}
        rows = _pages(self._line, self._path, query)
        told = ((str(row.get("description") or ""), row.get("state") == "opened") for row in rows)
        if not _is_told(told, happening):
            self._line.ask("POST", self._path, self._issue(happening))

    def _issue(self, happening: Happening) -> dict[str, Any]:
        return {
            "title": issue_title(happening),
            "description": issue_markdown(happening),
            "labels": f"{_LABEL},{happening.kind.value}",
        }


class JiraIssues:
    """An `Outlet`: issues in a project, by its key. Labels are the markers: Jira can search them exactly."""

    def __init__(self, line: JsonLine, project: str, *, issue_type: str = "Task") -> None:
        self._line, self._project, self._type = line, project, issue_type

    def preview(self, happening: Happening) -> tuple[Preview, ...]:
        """One issue."""
        return (Preview(method="POST", url=f"{self._line.url}/rest/api/2/issue", body=self._issue(happening)),)

    def tell(self, happening: Happening) -> None:
        """Open it, unless it is there."""
        itself, topic = _labels(happening)
        project = self._project.replace("\\", "").replace('"', "")
        known = f'labels = "{itself}" OR (labels = "{topic}" AND statusCategory != Done)'
        if not self._search(f'project = "{project}" AND ({known})'):
            self._line.ask("POST", "/rest/api/2/issue", self._issue(happening))

    def _search(self, jql: str) -> list[Any]:
        query = urlencode({"jql": jql, "maxResults": 1, "fields": "labels"})
        try:
            found = self._line.ask("GET", f"/rest/api/3/search/jql?{query}")
        except NotFound:  # a data center
            found = self._line.ask("GET", f"/rest/api/2/search?{query}")
        issues = found.get("issues") if isinstance(found, dict) else None
        if not isinstance(issues, list):
            raise Unavailable("Jira's answer is no list of issues")
        return issues

    def _issue(self, happening: Happening) -> dict[str, Any]:
        return {
            "fields": {
                "project": {"key": self._project},
                "issuetype": {"name": self._type},
                "summary": issue_title(happening),
                "description": issue_jira(happening)[:_LONGEST],
                "labels": [_LABEL, *_labels(happening)],
            }
        }


def basic_or_bearer(key: str) -> dict[str, str]:
    """`user:password` with each question, or a token."""
    if not key:
        return {}
    basic = b64encode(key.encode()).decode()
    return {"authorization": f"Basic {basic}" if ":" in key else f"Bearer {key}"}


def _pages(line: JsonLine, path: str, query: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Newest first. After two thousand issues nothing is looked for any more: what is sent again is hours old."""
    for page in range(1, _MOST_PAGES + 1):
        rows = line.ask("GET", f"{path}?{urlencode({**query, 'per_page': _PER_PAGE, 'page': page})}")
        if not isinstance(rows, list):
            raise Unavailable("the tracker's answer is no list of issues")
        yield from rows
        if len(rows) < _PER_PAGE:
            return


def _is_told(rows: Iterable[tuple[str, bool]], happening: Happening) -> bool:
    """Whether an issue, by its text and whether it is open, tells it already."""
    itself, topic = markers_of(happening)
    return any(itself in text or (is_open and topic in text) for text, is_open in rows)


def _labels(happening: Happening) -> tuple[str, str]:
    return f"careloop-{happening.id}", f"careloop-topic-{happening.topic}"
