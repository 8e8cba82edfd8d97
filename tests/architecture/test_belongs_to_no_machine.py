"""Nothing committed depends on the machine it was written on, nor says from where packages are fetched."""

import json
import re

from project_files import ROOT, name_of, project_files

HOSTS = ("pypi[.]org", "pythonhosted[.]org", "npmjs[.](?:org|com)", "(?:deb|security)[.]debian[.]org", "crates[.]io")
FOLDERS = ("/work/(?:main|shared|[.])", "/root/[.\\w]", "/opt/(?:wheels|pypi)", "/Users/\\w", "/tmp/(?:probe|bash)")
NAMED = re.compile("|".join((*HOSTS, *FOLDERS)))


def test_no_file_names_a_registry_host_or_a_folder_of_some_machine() -> None:
    found = []
    for path in project_files():
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [f"{name_of(path)}: {match.group()}" for match in NAMED.finditer(text)]
    assert found == []


def test_the_lock_of_npm_names_each_digest_and_no_place() -> None:
    """A mirror's address would slip past a list of the well-known hosts."""
    lock = json.loads((ROOT / "requirements" / "npm" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: row for name, row in lock["packages"].items() if name}
    assert {"node_modules/axe-core", "node_modules/oidc-provider"} <= set(packages)
    assert [name for name, row in packages.items() if "resolved" in row or "integrity" not in row] == []
