"""One tree of errors: whose fault it is, and what to do next.

Findings are values (`careloop.domain.finding`); these are for what stops the work. Each class carries the exit code of
CONTRACTS.md, and an optional `hint` that says the next step in one sentence.
"""

__all__ = ["Busy", "CareloopError", "Conflict", "InvalidInput", "NotFound", "Refused", "Unavailable", "UsageError"]


class CareloopError(Exception):
    """Anything careloop itself raises; never a programming mistake."""

    exit_code = 70

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(CareloopError):
    """The command was called in a way that has no meaning."""

    exit_code = 2


class InvalidInput(CareloopError):
    """Something given to us cannot be read or does not fit its schema."""

    exit_code = 2


class NotFound(CareloopError):
    """Something named does not exist."""

    exit_code = 2


class Refused(CareloopError):
    """We understood and will not: a rule, a missing approval, a broken seal."""

    exit_code = 1


class Conflict(Refused):
    """It clashes with something that is already recorded."""


class Unavailable(CareloopError):
    """A store or a service that we need is out of reach; whatever needed it is closed."""

    exit_code = 1


class Busy(Unavailable):
    """More was sent than is taken at a time; nothing of it was, and it may be sent again after `retry_after_s`."""

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message, hint=f"Send it again in {retry_after_s} s.")
        self.retry_after_s = retry_after_s
