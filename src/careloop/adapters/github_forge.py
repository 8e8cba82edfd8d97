"""GitHub, by its REST interface (api version 2022-11-28): statuses, comments, reviews, deployment protection rules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from careloop.adapters.forge_http import ForgeHttp
from careloop.adapters.marked_comment import marked, not_yet_asked, put_marked
from careloop.domain.forge import CommitStatus
from careloop.errors import InvalidInput, NotFound, Refused

__all__ = ["GithubForge"]

_LONGEST: Final = 140
_MOST_COMMENT: Final = 65_536
_CALLBACK: Final = re.compile(r"/repos/[\w.-]+/[\w.-]+/actions/runs/\d+/deployment_protection_rule")


class GithubForge:
    """A `Forge` and a `DeploymentGate`; `repository` is `owner/name`."""

    def __init__(self, url: str, repository: str, *, token: str) -> None:
        headers = {"authorization": f"Bearer {token}", "x-github-api-version": "2022-11-28"}
        self._http = ForgeHttp(url, headers=headers)
        self._repository = repository
        self._path = f"/repos/{quote(repository)}"

    def set_status(self, status: CommitStatus) -> None:
        """See the port."""
        body: dict[str, Any] = {
            "state": status.state.value,
            "context": status.context,
            "description": status.description[:_LONGEST],
        }
        more = {"target_url": status.url} if status.url else {}
        self._http.send("POST", f"{self._path}/statuses/{quote(status.commit)}", body | more)

    def put_comment(self, change: int, text: str) -> bool:
        """See the port. Only comments of the token's own account are ours; an app's token does not know its account,
        and then those of bots are."""
        marked(text)
        me = self._me()
        rows = self._http.pages(f"{self._path}/issues/{change}/comments")
        ours = (
            (int(row["id"]), str(row.get("body") or ""))
            for row in rows
            if (row["user"]["login"] == me if me else row["user"].get("type") == "Bot")
        )
        body = {"body": text[:_MOST_COMMENT]}
        return put_marked(
            ours,
            text[:_MOST_COMMENT],
            update=lambda number: self._http.send("PATCH", f"{self._path}/issues/comments/{number}", body),
            create=lambda: self._http.send("POST", f"{self._path}/issues/{change}/comments", body),
        )

    def _me(self) -> str | None:
        try:
            return str(self._http.get("/user")["login"])
        except (Refused, NotFound):
            return None

    def request_reviews(self, change: int, accounts: Sequence[str]) -> tuple[str, ...]:
        """See the port."""
        found = self._http.get(f"{self._path}/pulls/{change}")
        asked = [str(one["login"]) for one in found.get("requested_reviewers") or ()]
        missing = not_yet_asked(accounts, [*asked, str(found["user"]["login"])])
        if missing:
            self._http.send("POST", f"{self._path}/pulls/{change}/requested_reviewers", {"reviewers": list(missing)})
        return missing

    def answer_deployment(self, callback: str, *, environment: str, approve: bool, comment: str) -> None:
        """See the port. The callback's own host is not trusted: only its path is used, at the configured address."""
        path = callback.removeprefix(self._http.url)
        if path == callback or not _CALLBACK.fullmatch(path) or not path.startswith(f"{self._path}/actions/"):
            raise InvalidInput(f"the deployment callback is none of {self._repository} at {self._http.url}")
        state = "approved" if approve else "rejected"
        self._http.send("POST", path, {"environment_name": environment, "state": state, "comment": comment})
