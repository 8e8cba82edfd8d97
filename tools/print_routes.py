"""Print the table of routes, and who may see what, into docs/reference/routes.md: `print_routes.py --write`.

The table is the one that the server uses, so the document cannot say anything else; a test compares.
"""

import sys
import tempfile
from pathlib import Path

from careloop.web.configuration import configure
from careloop.wiring.pages import WebPlace
from printed_document import settle

__all__ = ["main", "table"]

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "reference" / "routes.md"
HEAD = """\
# Pages and who may see them

Printed by `make routes` from the table that the server itself uses; what the table does not name is open to nobody.
A role is worked out at every request: an account says who signs in, the roles.yaml in force says what they may do.

| role | who |
|---|---|
| visitor | anybody |
| member | somebody who is signed in |
| approver | a member whose post carries `approve_release` or `restore` |
| operator | a member whose post carries `rollback`, `kill` or `restore` |
| administrator | a member who may make accounts; that is no authority over releases or systems |

Programs carry a token instead: `read`, `metrics`, `gate` or `events` (see the API's description at
`/api/v1/openapi.json`). No token can approve or order anything: that takes a person who proves anew who they are.

"""


def table() -> str:
    """The document as it should be."""
    from careloop.web.routes import OF_ALLAUTH, ROUTES

    rows = ["| address | methods | role | what it answers |", "|---|---|---|---|"]
    rows += [f"| `/{one.path}` | {one.methods} | {one.role.value} | {one.question} |" for one in ROUTES]
    theirs = ["| page of django-allauth | role |", "|---|---|"]
    theirs += [f"| `{name}` | {role.value} |" for name, role in OF_ALLAUTH.items()]
    return HEAD + "\n".join(rows) + "\n\n## Signing in\n\n" + "\n".join(theirs) + "\n"


def main(words: list[str]) -> int:
    """Write the document, or say whether it is as it should be."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        place = WebPlace(
            root=root, title="", state=root / "state", secret="-", hosts=(), origins=(), https=False, oidc=None
        )
        configure(place)
        wanted = table()
    return settle(DOCUMENT, wanted, words, target="routes")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
