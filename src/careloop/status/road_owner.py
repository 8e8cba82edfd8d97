"""Who owns a step of the road: the post accountable for its document, else the owner of its phase (R15, R20)."""

from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from careloop.domain.gap_work import Area
from careloop.domain.organisation import Organisation
from careloop.domain.place import Pointer
from careloop.domain.repository import Repository
from careloop.domain.roles import Post, Roles
from careloop.status.gap_missing import holders_of

__all__ = ["Owner", "Owners"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A post and who holds it; without people, where that has to be mended."""

    post: str | None
    title: str
    people: tuple[str, ...]
    """Names."""
    fault: str = ""
    path: str = ""
    pointer: Pointer = ()


class Owners:
    """Answers for one repository and one day."""

    def __init__(self, repository: Repository, on: date) -> None:
        self._organisation: Organisation | None = repository.organisation
        self._roles = repository.only(Roles)
        self._on = on

    def of_area(self, area: Area) -> Owner:
        """Who owns the work of an area."""
        post = self._top() if area.top_management else self._accountable(area.path) or self._of_phase(area)
        if post is not None:
            return self.of_post(post)
        fault = f"no post is accountable for {area.path}" if area.path else "nobody owns this phase"
        fault = f"{fault}, and the phase {area.phase.value} has no owner" if area.path else fault
        return Owner(post=None, title="nobody", people=(), fault=fault, path="care.yaml", pointer=("phases",))

    def of_post(self, name: str) -> Owner:
        """A post by its id, with the names of its holders."""
        posts = self._roles.posts if self._roles else ()
        position = next((number for number, post in enumerate(posts) if post.id == name), None)
        if self._roles is None or position is None:
            fault = f"there is no post '{name}' in roles.yaml"
            return Owner(post=name, title=name, people=(), fault=fault, path="roles.yaml", pointer=("posts",))
        post = posts[position]
        people = self._names(post, self._roles)
        fault = "" if people else f"nobody holds the post '{name}'"
        pointer: Pointer = ("posts", position)
        return Owner(post=name, title=post.title, people=people, fault=fault, path="roles.yaml", pointer=pointer)

    def _names(self, post: Post, roles: Roles) -> tuple[str, ...]:
        names = {person.id: person.name for person in roles.people}
        return tuple(names[person] for person in holders_of(post, roles, self._on))

    def _top(self) -> str | None:
        return self._organisation.top_management if self._organisation else None

    def _accountable(self, path: str | None) -> str | None:
        """The post whose pattern fits the path most closely, as in CODEOWNERS the more exact one wins."""
        if path is None or self._roles is None:
            return None
        fitting = [one for one in self._roles.accountable if fnmatchcase(path, one.path.replace("**", "*"))]
        return max(fitting, key=lambda one: len(one.path)).post if fitting else None

    def _of_phase(self, area: Area) -> str | None:
        phases = self._organisation.phases if self._organisation else ()
        return next((one.owner for one in phases if one.phase is area.phase), None)
