"""Every address is in the table that says who may see it, and the printed table is that table."""

import subprocess
import sys

from project_files import ROOT

PROGRAM = """
from pathlib import Path
from careloop.web.configuration import configure
from careloop.wiring.pages import WebPlace
here = Path("nowhere")
configure(WebPlace(root=here, title="", state=here, secret="-", hosts=(), origins=(), https=False, oidc=None))
from django.urls import URLResolver, get_resolver
from careloop.web.routes import ROUTES, role_for
def names(resolver, prefix=""):
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from names(one, f"{prefix}{one.namespace}:" if one.namespace else prefix)
        else:
            yield f"{prefix}{one.name}"
every = set(names(get_resolver()))
assert {route.name for route in ROUTES} <= every
assert len({route.name for route in ROUTES}) == len(ROUTES)
print("\\n".join(sorted(name for name in every if role_for(name) is None)))
"""


def ran(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False, cwd=ROOT)


def test_what_is_closed_to_everybody_is_known() -> None:
    """Signing up, changing one's address, codes by mail and connecting strange accounts are not offered."""
    done = ran("-c", PROGRAM)
    assert done.returncode == 0, done.stderr
    closed = set(done.stdout.split())
    assert "account_signup" in closed
    assert all(name.startswith(("account_", "socialaccount_", "mfa_")) or name == "None" for name in closed), closed


def test_the_printed_table_is_what_the_server_does() -> None:
    done = ran("tools/print_routes.py")
    assert done.returncode == 0, done.stderr
