"""What every store of personal values must do. Derive a test class, give it a `make_values`, and run it."""

from abc import ABC, abstractmethod
from contextlib import closing

from careloop.errors import InvalidInput
from careloop.ledger.disclosure import commit
from careloop.ports.personal_values import PersonalValues

__all__ = ["PersonalValuesContract"]

JANE = commit("customer", "Jane Doe", salt=b"\x01" * 16)
JOHN = commit("customer", "John Roe", salt=b"\x02" * 16)
PHONE = commit("phone", {"work": "+46 70 123", "home": None}, salt=b"\x03" * 16)


class PersonalValuesContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def make_values(self) -> PersonalValues:
        """A fresh, empty store."""

    def test_what_is_kept_is_found_by_its_commitment(self) -> None:
        with closing(self.make_values()) as values:
            assert values.keep([JANE.line, PHONE.line]) == (JANE.commitment, PHONE.commitment)
            assert values.find(PHONE.commitment) == PHONE.line
            assert values.find(JOHN.commitment) is None

    def test_the_same_line_twice_is_kept_once(self) -> None:
        with closing(self.make_values()) as values:
            values.keep([JANE.line, JANE.line])
            values.keep([JANE.line])
            assert list(values.lines()) == [JANE.line]

    def test_lines_come_in_order_of_their_commitments(self) -> None:
        with closing(self.make_values()) as values:
            values.keep([JANE.line, JOHN.line, PHONE.line])
            in_order = sorted((JANE, JOHN, PHONE), key=lambda one: one.commitment)
            assert list(values.lines()) == [one.line for one in in_order]

    def test_what_is_erased_is_gone_and_the_rest_stays(self) -> None:
        with closing(self.make_values()) as values:
            values.keep([JANE.line, JOHN.line])
            assert values.erase([JANE.commitment, PHONE.commitment]) == 1
            assert values.erase([JANE.commitment]) == 0
            assert (values.find(JANE.commitment), values.find(JOHN.commitment)) == (None, JOHN.line)

    def test_all_lines_of_a_call_are_kept_or_none(self) -> None:
        with closing(self.make_values()) as values:
            for wrong in (b"{}", b'["00","customer","Jane"]', JANE.line + b" "):
                try:
                    values.keep([JOHN.line, wrong])
                except InvalidInput:
                    continue
                raise AssertionError(f"{wrong!r} was kept")
            assert list(values.lines()) == []
