"""The starter documents of a profile: the same documents, with other modules, cadences, thresholds and posts (S5)."""

from collections.abc import Iterator, Mapping
from datetime import date

from careloop.documents.yaml_scalar import quoted
from careloop.domain.profile import Module, Profile
from careloop.ports.workspace import Author
from careloop.workflows.create.starter_documents import starter_documents

__all__ = ["SCHEMA_FOLDER", "profile_documents"]

SCHEMA_FOLDER = ".care/schemas"
"""Where editors find the schemas; `care schema --out .care/schemas` writes them anew after a clone."""

_SCHEMAS = {"care.yaml": "organisation", "roles.yaml": "roles", "risk/criteria.yaml": "criteria"}


def profile_documents(
    name: str, owner: Author, today: date, profile: Profile | None, modules: tuple[Module, ...]
) -> Mapping[str, str]:
    """Path to text; without a profile, everything is on and the thresholds are those in the middle."""
    files = dict(starter_documents(name, owner, today))
    if profile is not None:
        files["care.yaml"] = _care(files["care.yaml"], profile, modules)
        files["roles.yaml"] = _roles(files["roles.yaml"], profile)
        files["risk/criteria.yaml"] = _criteria(files["risk/criteria.yaml"], profile)
    for path, kind in _SCHEMAS.items():
        up = "../" * path.count("/")
        files[path] = f"# yaml-language-server: $schema={up}{SCHEMA_FOLDER}/{kind}.schema.json\n{files[path]}"
    return files


def _care(text: str, profile: Profile, modules: tuple[Module, ...]) -> str:
    on = [f"  {module.id}: {_switch(module, profile)}  # {module.title}" for module in modules]
    head = f"# Profile {profile.id}: {profile.why}"
    switches = "\n".join([head, "modules:", *on, "scope:"])
    text = text.replace("scope:", switches, 1)
    lines = []
    for line in text.splitlines():
        phase = next((phase for phase in profile.every if line.startswith(f"  - {{phase: {phase.value},")), None)
        lines.append(line if phase is None else f"{line.partition(' every:')[0]} every: {profile.every[phase]}}}")
    return "\n".join(lines) + "\n"


def _switch(module: Module, profile: Profile) -> str:
    return '"on"' if module.id in profile.on else '"off"'


def _roles(text: str, profile: Profile) -> str:
    before, mark, after = text.partition("escalations:")
    holder = next(line for line in before.splitlines() if line.strip().startswith("holders:")).strip()
    return before + "".join(f"{line}\n" for line in _posts(profile, holder)) + mark + after


def _posts(profile: Profile, holder: str) -> Iterator[str]:
    for post in profile.posts:
        yield f"  - id: {post.id}"
        yield f"    title: {quoted(post.title)}"
        yield f"    function: {post.function.value}"
        yield f"    {'holders: []  # somebody from outside, as a guest' if post.guest else holder}"
        if post.authorities:
            yield f"    authorities: [{', '.join(post.authorities)}]"


def _criteria(text: str, profile: Profile) -> str:
    before = text.partition("appetite:")[0]
    triggers = text.partition("triggers:")[2]
    borne = profile.appetite
    appetite = f"{{organisation: {borne.organisation}, individuals: {borne.individuals}, society: {borne.society}}}"
    rules = "".join(
        f"  - tier: {rule.tier.value}\n    when: {quoted(rule.when)}\n    reason: {quoted(rule.reason)}\n"
        for rule in profile.tiers
    )
    return f"{before}appetite: {appetite}\ntiers:\n{rules}triggers:{triggers}"
