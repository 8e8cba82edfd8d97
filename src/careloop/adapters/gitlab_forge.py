"""GitLab, by its REST interface v4: commit statuses, notes of merge requests, reviewers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

from careloop.adapters.forge_http import ForgeHttp
from careloop.adapters.marked_comment import marked, not_yet_asked, put_marked
from careloop.domain.forge import CommitStatus, StatusState
from careloop.errors import NotFound

__all__ = ["GitlabForge"]

_LONGEST: Final = 255
_STATES: Final = {
    StatusState.PENDING: "pending",
    StatusState.SUCCESS: "success",
    StatusState.FAILURE: "failed",
    StatusState.ERROR: "failed",
}


class GitlabForge:
    """A `Forge`; `url` ends in `/api/v4`, `repository` is the project's path or number."""

    def __init__(self, url: str, repository: str, *, token: str) -> None:
        self._http = ForgeHttp(url, headers={"private-token": token})
        self._path = f"/projects/{quote(repository, safe='')}"

    def set_status(self, status: CommitStatus) -> None:
        """See the port."""
        body: dict[str, Any] = {
            "state": _STATES[status.state],
            "name": status.context,
            "description": status.description[:_LONGEST],
        }
        more = {"target_url": status.url} if status.url else {}
        self._http.send("POST", f"{self._path}/statuses/{quote(status.commit)}", body | more)

    def put_comment(self, change: int, text: str) -> bool:
        """See the port. Only notes of the token's own account are ours."""
        marked(text)
        notes = f"{self._path}/merge_requests/{change}/notes"
        me = self._http.get("/user")["username"]
        rows = self._http.pages(notes)
        ours = ((int(row["id"]), str(row.get("body") or "")) for row in rows if row["author"]["username"] == me)
        return put_marked(
            ours,
            text,
            update=lambda number: self._http.send("PUT", f"{notes}/{number}", {"body": text}),
            create=lambda: self._http.send("POST", notes, {"body": text}),
        )

    def request_reviews(self, change: int, accounts: Sequence[str]) -> tuple[str, ...]:
        """See the port. GitLab takes the whole list of reviewers: those who are there stay."""
        path = f"{self._path}/merge_requests/{change}"
        found = self._http.get(path)
        there = {str(one["username"]): int(one["id"]) for one in found.get("reviewers") or ()}
        missing = not_yet_asked(accounts, [*there, str(found["author"]["username"])])
        if missing:
            self._http.send("PUT", path, {"reviewer_ids": [*there.values(), *map(self._number, missing)]})
        return missing

    def _number(self, account: str) -> int:
        rows = self._http.get(f"/users?{urlencode({'username': account})}") or ()
        number = next((int(one["id"]) for one in rows if str(one["username"]).casefold() == account.casefold()), None)
        if number is None:
            raise NotFound(f"GitLab has no account '{account}'", hint="mend `accounts` in roles.yaml")
        return number
