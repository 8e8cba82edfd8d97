"""A gap assessment of the small repository, with an organisation's name that tries to break out of every format."""

from datetime import UTC, date, datetime
from functools import cache

from careloop import wiring
from careloop.domain.gap import GapResult
from careloop.testing.repository_fake import RepositoryFake
from careloop.testing.source_tree_builder import edited, small_repository, with_file
from careloop.workflows.evolve.assess_gaps import RoadWish, assess_gaps

__all__ = ["NASTY", "a_gap"]

NASTY = "Harbour <script>alert(1)</script> & \"Sons\" | *one* ]]> 'x'"
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


@cache
def a_gap(*, people: int = 2) -> GapResult:
    """The assessment on 31 March 2026, the road from 1 April."""
    quoted = NASTY.replace("'", "''")
    files = edited(small_repository(), "care.yaml", "name: Harbour Books", f"name: '{quoted}'")
    phases = "".join(
        f"  - {{phase: {name}, owner: ai-lead, every: P3M}}\n" for name in ("create", "adapt", "run", "evolve")
    )
    files = {**files, "care.yaml": files["care.yaml"] + b"phases:\n" + phases.encode()}
    title = NASTY.replace("'", "''")
    files = with_file(
        files,
        "aims/roadmap.yaml",
        f"owner: ai-lead\nactions:\n  - {{id: own-step, title: '{title}', owner: director, before: [risk.write]}}\n",
    )
    files = edited(files, "systems/book-finder/system.yaml", "tier: low", "tier: high")
    return assess_gaps(
        RepositoryFake.holding(files, at=NOW),
        standards=wiring.standards_library(),
        ledger=None,
        now=NOW,
        wish=RoadWish(start=date(2026, 4, 1), people=people),
    )
