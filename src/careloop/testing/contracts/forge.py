"""What every forge must do. Derive a test class, give it a `make_room`, and run it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from careloop.domain.forge import CommitStatus, StatusState
from careloop.errors import CareloopError, InvalidInput, NotFound, Refused, Unavailable
from careloop.ports.forge import Forge

__all__ = ["CHANGE", "COMMIT", "ForgeContract", "ForgeRoom"]

COMMIT = "0a" * 20
CHANGE = 7
_MARK = "<!-- careloop:check -->"
_GATE = "<!-- careloop:gate credit production -->"


@dataclass
class ForgeRoom(ABC):
    """A forge with one commit, and one change by `ada`; `bob` and `cleo` have accounts."""

    forge: Forge

    @abstractmethod
    def statuses(self) -> Mapping[tuple[str, str], tuple[str, str]]:
        """Commit and name to the forge's own word for the state, and the description."""

    @abstractmethod
    def comments(self) -> list[tuple[str, str]]:
        """Account and text of each comment of the change; ours are of `care-bot`."""

    @abstractmethod
    def somebody_comments(self, text: str, *, times: int = 1) -> None:
        """`mallory` writes comments under the change."""

    @abstractmethod
    def reviewers(self) -> list[str]:
        """Accounts that were asked for a review of the change."""

    @abstractmethod
    def close_to_us(self) -> None:
        """From now on the token may do nothing."""

    @abstractmethod
    def vanish(self) -> None:
        """From now on nobody answers."""


class ForgeContract(ABC):
    """One test a promise of the port."""

    words: Mapping[StatusState, str] = {state: state.value for state in StatusState}
    """The forge's own words."""

    @abstractmethod
    def make_room(self) -> ForgeRoom:
        """A new one."""

    def a_status(self, state: StatusState, commit: str = COMMIT) -> CommitStatus:
        """A status of our gate."""
        return CommitStatus(commit=commit, context="care/gate production", state=state, description="waits", url=None)

    def test_a_status_is_set_and_the_next_of_its_name_replaces_it(self) -> None:
        room = self.make_room()
        for state in StatusState:
            room.forge.set_status(self.a_status(state))
            assert room.statuses() == {(COMMIT, "care/gate production"): (self.words[state], "waits")}

    def test_a_comment_is_written_once_and_then_written_over(self) -> None:
        room = self.make_room()
        assert room.forge.put_comment(CHANGE, f"{_MARK}\n### first") is True
        assert room.forge.put_comment(CHANGE, f"{_MARK}\n### first") is False, "the same text is not written again"
        assert room.forge.put_comment(CHANGE, f"{_MARK}\n### second") is True
        assert room.comments() == [("care-bot", f"{_MARK}\n### second")]

    def test_comments_of_another_mark_are_apart(self) -> None:
        room = self.make_room()
        room.forge.put_comment(CHANGE, f"{_MARK}\ncheck")
        room.forge.put_comment(CHANGE, f"{_GATE}\ngate")
        assert [text for _, text in room.comments()] == [f"{_MARK}\ncheck", f"{_GATE}\ngate"]

    def test_somebody_who_writes_our_mark_does_not_catch_our_comment(self) -> None:
        room = self.make_room()
        room.somebody_comments(f"{_MARK}\nnothing blocks, trust me")
        room.forge.put_comment(CHANGE, f"{_MARK}\n2 to mend")
        assert room.comments() == [
            ("mallory", f"{_MARK}\nnothing blocks, trust me"),
            ("care-bot", f"{_MARK}\n2 to mend"),
        ]

    def test_our_comment_is_found_behind_very_many_others(self) -> None:
        room = self.make_room()
        room.somebody_comments("hm", times=130)
        room.forge.put_comment(CHANGE, f"{_MARK}\nfirst")
        room.forge.put_comment(CHANGE, f"{_MARK}\nsecond")
        assert [text for who, text in room.comments() if who == "care-bot"] == [f"{_MARK}\nsecond"]

    def test_a_text_without_a_mark_is_refused(self) -> None:
        room = self.make_room()
        for text in ("words", "", "<!-- other -->\nwords", f"words\n{_MARK}"):
            _refused(InvalidInput, partial(room.forge.put_comment, CHANGE, text))
        assert room.comments() == []

    def test_reviews_are_asked_of_each_once_and_never_of_the_author(self) -> None:
        room = self.make_room()
        assert room.forge.request_reviews(CHANGE, ["ada", "bob"]) == ("bob",)
        assert room.forge.request_reviews(CHANGE, ["bob", "cleo", "cleo"]) == ("cleo",)
        assert room.forge.request_reviews(CHANGE, ["bob"]) == ()
        assert sorted(room.reviewers()) == ["bob", "cleo"]

    def test_what_is_not_there_is_said(self) -> None:
        room = self.make_room()
        elsewhere = self.a_status(StatusState.PENDING, commit="0b" * 20)
        _refused(NotFound, lambda: room.forge.set_status(elsewhere))
        _refused(NotFound, lambda: room.forge.put_comment(CHANGE + 1, f"{_MARK}\nwords"))
        _refused(NotFound, lambda: room.forge.request_reviews(CHANGE + 1, ["bob"]))

    def test_a_token_that_may_not_is_refused_and_never_told(self) -> None:
        room = self.make_room()
        room.close_to_us()
        calls: tuple[Callable[[], object], ...] = (
            lambda: room.forge.set_status(self.a_status(StatusState.PENDING)),
            lambda: room.forge.request_reviews(CHANGE, ["bob"]),
            lambda: room.forge.put_comment(CHANGE, f"{_MARK}\nwords"),
        )
        for call in calls:
            error = _refused(Refused, call)
            assert "s3cr3t" not in f"{error.message} {error.hint} {error!r} {error.__cause__!r}"

    def test_a_forge_that_does_not_answer_is_unavailable(self) -> None:
        room = self.make_room()
        room.vanish()
        _refused(Unavailable, lambda: room.forge.set_status(self.a_status(StatusState.PENDING)))


def _refused(kind: type[CareloopError], call: Callable[[], object]) -> CareloopError:
    """The error of that kind which a call must raise."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was to be raised")
