"""the demonstration: a script over the public workflows"""

from careloop.cli.demo.command import app

__all__ = ["app"]
