"""R39, R40: GitHub, GitLab and Gitea keep the port's promises over HTTP, and the fake as they do."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from forge_server import TOKEN, ForgeState, served

from careloop.adapters.gitea_forge import GiteaForge
from careloop.adapters.github_forge import GithubForge
from careloop.adapters.gitlab_forge import GitlabForge
from careloop.domain.forge import CommitStatus, StatusState
from careloop.errors import InvalidInput, NotFound, Refused, Unavailable
from careloop.ports.forge import Forge
from careloop.testing.contracts.forge import CHANGE, COMMIT, ForgeContract, ForgeRoom
from careloop.testing.forge_fake import ForgeFake


@dataclass
class _FakeRoom(ForgeRoom):
    fake: ForgeFake

    def statuses(self) -> Mapping[tuple[str, str], tuple[str, str]]:
        return {key: (one.state.value, one.description) for key, one in self.fake.statuses.items()}

    def comments(self) -> list[tuple[str, str]]:
        return self.fake.comments.get(CHANGE, [])

    def somebody_comments(self, text: str, *, times: int = 1) -> None:
        self.fake.comments.setdefault(CHANGE, []).extend([("mallory", text)] * times)

    def reviewers(self) -> list[str]:
        return self.fake.reviewers[CHANGE]

    def close_to_us(self) -> None:
        self.fake.refuses = True

    def vanish(self) -> None:
        self.fake.out_of_reach = True


@dataclass
class _ServedRoom(ForgeRoom):
    state: ForgeState
    stop: Callable[[], object]

    def statuses(self) -> Mapping[tuple[str, str], tuple[str, str]]:
        return self.state.statuses

    def comments(self) -> list[tuple[str, str]]:
        rows = self.state.comments
        return [(str((one.get("user") or {}).get("login") or one["author"]["username"]), one["body"]) for one in rows]

    def somebody_comments(self, text: str, *, times: int = 1) -> None:
        for _ in range(times):
            self.state.comment("mallory", text)

    def reviewers(self) -> list[str]:
        return self.state.reviewers

    def close_to_us(self) -> None:
        self.state.closed = True

    def vanish(self) -> None:
        self.stop()


class _Served(ForgeContract):
    kind = ""
    app_token = False

    @pytest.fixture(autouse=True)
    def _stack(self) -> Iterator[None]:
        with ExitStack() as self.stack:
            yield

    @abstractmethod
    def make_forge(self, url: str) -> Forge:
        """The adapter for a forge at an address."""

    def make_room(self) -> ForgeRoom:
        state = ForgeState(self.kind, app_token=self.app_token)
        inner = self.stack.enter_context(ExitStack())
        url = inner.enter_context(served(state))
        return _ServedRoom(self.make_forge(url), state, inner.close)


class TestGithub(_Served):
    kind = "github"

    def make_forge(self, url: str) -> Forge:
        return GithubForge(url, "acme/aims", token=TOKEN)


class TestGithubWithTheTokenOfAnApp(TestGithub):
    app_token = True


class TestGitea(_Served):
    kind = "gitea"

    def make_forge(self, url: str) -> Forge:
        return GiteaForge(f"{url}/api/v1", "acme/aims", token=TOKEN)


class TestGitlab(_Served):
    kind = "gitlab"
    words = {**ForgeContract.words, StatusState.FAILURE: "failed", StatusState.ERROR: "failed"}

    def make_forge(self, url: str) -> Forge:
        return GitlabForge(f"{url}/api/v4", "acme/aims", token=TOKEN)

    def test_an_account_that_gitlab_does_not_have_is_said(self) -> None:
        with pytest.raises(NotFound, match="no account 'zoe'"):
            self.make_room().forge.request_reviews(CHANGE, ["zoe"])


class TestTheFake(ForgeContract):
    def make_room(self) -> ForgeRoom:
        fake = ForgeFake(frozenset({COMMIT}), {CHANGE: "ada"}, frozenset({"ada", "bob", "cleo"}))
        return _FakeRoom(fake, fake)


# --- what only HTTP can do wrong --------------------------------------------------------------------------------------


STATUS = CommitStatus(commit=COMMIT, context="c", state=StatusState.PENDING, description="d")


ANSWERS = {302: Refused, 307: Refused, 401: Refused, 404: NotFound, 422: Refused, 429: Unavailable, 503: Unavailable}


@pytest.mark.parametrize(("status", "error"), ANSWERS.items())
def test_each_answer_is_told_apart_no_redirect_is_followed_and_nothing_sent_is_repeated(
    status: int, error: type[Exception]
) -> None:
    state = ForgeState("github", status=status)
    with served(state) as url, pytest.raises(error) as found:
        GithubForge(url, "acme/aims", token=TOKEN).set_status(STATUS)
    assert found.type is error
    assert TOKEN not in repr(found.value) + str(found.value.__cause__)
    assert len(state.seen) == 1


def test_a_token_is_sent_to_https_only_and_a_broken_one_is_not_shown() -> None:
    with pytest.raises(InvalidInput, match="https"):
        GithubForge("http://github.example", "acme/aims", token=TOKEN)
    with pytest.raises(InvalidInput) as found:
        GithubForge("https://github.example", "acme/aims", token=f"{TOKEN}\nx")
    assert TOKEN not in repr(found.value)


def test_a_deployment_is_answered_at_the_configured_host_only() -> None:
    state = ForgeState("github")
    with served(state) as url:
        forge = GithubForge(url, "acme/aims", token=TOKEN)
        right = f"{url}/repos/acme/aims/actions/runs/42/deployment_protection_rule"
        forge.answer_deployment(right, environment="production", approve=True, comment="2 of 2")
        forge.answer_deployment(right, environment="production", approve=False, comment="no")
        seen = len(state.seen)
        for wrong in (
            "https://evil.example/repos/acme/aims/actions/runs/42/deployment_protection_rule",
            f"{url}/repos/acme/other/actions/runs/42/deployment_protection_rule",
            f"{url}@evil.example/repos/acme/aims/actions/runs/42/deployment_protection_rule",
            f"{url}/repos/acme/aims/actions/runs/42/deployment_protection_rule/../../x",
            "/repos/acme/aims/actions/runs/42/deployment_protection_rule",
            "",
        ):
            with pytest.raises(InvalidInput):
                forge.answer_deployment(wrong, environment="production", approve=True, comment="")
        assert len(state.seen) == seen
    assert state.deployments == [
        {"environment_name": "production", "state": "approved", "comment": "2 of 2"},
        {"environment_name": "production", "state": "rejected", "comment": "no"},
    ]


def test_the_server_of_these_tests_refuses_what_a_forge_refuses() -> None:
    state = ForgeState("github")
    headers = {"authorization": f"Bearer {TOKEN}"}
    assert state.answer("PUT", "/repos/acme/aims/issues/comments/1", headers, {"body": "x"})[0] == 404
    word = {"state": "great", "context": "c", "description": "d"}
    assert state.answer("POST", f"/repos/acme/aims/statuses/{COMMIT}", headers, word)[0] == 422
