"""Gitea and Forgejo, by their REST interface v1: statuses, comments, reviews."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from careloop.adapters.forge_http import ForgeHttp
from careloop.adapters.marked_comment import marked, not_yet_asked, put_marked
from careloop.domain.forge import CommitStatus
from careloop.errors import Refused

__all__ = ["GiteaForge"]

_OF_JOBS: Final = "gitea-actions"
"""The account whose token jobs get; such a token may not ask who it is."""


class GiteaForge:
    """A `Forge`; `url` ends in `/api/v1`, `repository` is `owner/name`."""

    def __init__(self, url: str, repository: str, *, token: str) -> None:
        self._http = ForgeHttp(url, headers={"authorization": f"token {token}"})
        self._path = f"/repos/{quote(repository)}"

    def set_status(self, status: CommitStatus) -> None:
        """See the port."""
        body: dict[str, Any] = {
            "state": status.state.value,
            "context": status.context,
            "description": status.description,
            "target_url": status.url or "",
        }
        self._http.send("POST", f"{self._path}/statuses/{quote(status.commit)}", body)

    def put_comment(self, change: int, text: str) -> bool:
        """See the port. Only comments of the token's own account are ours."""
        marked(text)
        me = self._me()
        rows = self._http.get(f"{self._path}/issues/{change}/comments") or ()  # all at once: there are no pages here
        ours = ((int(row["id"]), str(row.get("body") or "")) for row in rows if row["user"]["login"] == me)
        return put_marked(
            ours,
            text,
            update=lambda number: self._http.send("PATCH", f"{self._path}/issues/comments/{number}", {"body": text}),
            create=lambda: self._http.send("POST", f"{self._path}/issues/{change}/comments", {"body": text}),
        )

    def _me(self) -> str:
        try:
            return str(self._http.get("/user")["login"])
        except Refused:
            return _OF_JOBS

    def request_reviews(self, change: int, accounts: Sequence[str]) -> tuple[str, ...]:
        """See the port."""
        found = self._http.get(f"{self._path}/pulls/{change}")
        asked = [str(one["login"]) for one in found.get("requested_reviewers") or ()]
        missing = not_yet_asked(accounts, [*asked, str(found["user"]["login"])])
        if missing:
            self._http.send("POST", f"{self._path}/pulls/{change}/requested_reviewers", {"reviewers": list(missing)})
        return missing
