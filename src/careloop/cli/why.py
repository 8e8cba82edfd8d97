"""`care why ALARM`: `care explain` under the name that somebody on call looks for."""

from careloop.cli.explain import explain
from careloop.cli.terminal import a_command

__all__ = ["app"]

app = a_command()
app.command(epilog="Examples:  care why 0192f3a0-7c1e-7d42-9a51-2f0c6f1b7e11 (the id is in the page and the ledger)")(
    explain
)
