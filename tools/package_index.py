"""Where packages come from on this machine: pip's own configuration, said in uv's words.

careloop names no package index anywhere. Whoever runs `make setup` has told pip which one to use (or left it at its
default); uv does not read that, so it is handed over here. A setting that uv already has in the environment wins.
"""

import ast
import os
import subprocess
import sys

__all__ = ["uv_environment"]

UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}
"""Name of a pip setting, and the variable by which uv knows the same."""


def uv_environment() -> dict[str, str]:
    """The environment to run uv in: this process's own, and pip's settings where uv has none."""
    environment = {
        # Several indexes may hold a package; the digest in the lock file decides which file is taken.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_SYSTEM_CERTS": "true",
        "UV_NO_CONFIG": "true",
        "UV_NO_PROGRESS": "true",
    }
    for name, value in _pip_settings().items():
        words = value.split()
        environment[UV_NAMES[name]] = ",".join(words) if name == "find-links" else " ".join(words)
    return environment | dict(os.environ)


def _pip_settings() -> dict[str, str]:
    """Pip's settings by their bare names; those of the environment win over those of files."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    from_files: dict[str, str] = {}
    from_environment: dict[str, str] = {}
    for line in listing.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if name in UV_NAMES and section in ("global", "install", ":env:"):
            found = from_environment if section == ":env:" else from_files
            found[name] = str(ast.literal_eval(value))
    return from_files | from_environment
