"""Page whoever watches a terminal or a log: for one machine, and where no service is configured."""

from __future__ import annotations

from typing import TextIO

from careloop.errors import Unavailable
from careloop.ports.pager import Page

__all__ = ["ConsolePager"]


class ConsolePager:
    """A `Pager` that writes one line a page to a stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def send(self, page: Page) -> None:
        """Write the page and flush it."""
        try:
            self._stream.write(f"{page.urgency.value.upper()} {page.severity} {page.at:%Y-%m-%dT%H:%MZ} {page.text}\n")
            self._stream.flush()
        except (OSError, ValueError) as error:
            raise Unavailable(f"the page cannot be written: {error}") from error
