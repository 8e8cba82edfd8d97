"""The life cycle of an AI system as a table: from which stage it may move to which (ISO/IEC 22989 6; R71).

The pictures and tables in the documentation are compared with this one. What is not here: what each stage needs, which
rules of the pack say.
"""

from collections.abc import Mapping

from careloop.domain.system import Lifecycle, Origin

__all__ = ["LEAVES_FROM", "LIFECYCLE_MOVES", "SHORT_CUTS", "moves_from"]

_IDEA, _DESIGN, _TESTS = Lifecycle.INCEPTION, Lifecycle.DESIGN, Lifecycle.VERIFICATION
_ROLLOUT, _USE, _SECOND_LOOK, _END = (
    Lifecycle.DEPLOYMENT,
    Lifecycle.OPERATION,
    Lifecycle.REEVALUATION,
    Lifecycle.RETIREMENT,
)

LIFECYCLE_MOVES: Mapping[Lifecycle, frozenset[Lifecycle]] = {
    _IDEA: frozenset({_DESIGN, _END}),
    _DESIGN: frozenset({_IDEA, _TESTS, _END}),
    _TESTS: frozenset({_DESIGN, _ROLLOUT, _END}),
    _ROLLOUT: frozenset({_TESTS, _USE, _END}),
    _USE: frozenset({_SECOND_LOOK, _END}),
    _SECOND_LOOK: frozenset({_DESIGN, _TESTS, _USE, _END}),
    _END: frozenset(),
}
"""Stage to the stages that may follow it. None is skipped, going back is one step, and retirement is the end."""

SHORT_CUTS: Mapping[Origin, Mapping[Lifecycle, frozenset[Lifecycle]]] = {
    origin: {_IDEA: frozenset({_TESTS})} for origin in (Origin.BOUGHT, Origin.EMBEDDED, Origin.EMPLOYEE_TOOL)
}
"""What somebody else designed is verified straight away; by origin, beside the table above."""

LEAVES_FROM = frozenset({_IDEA, _DESIGN, _END})
"""Stages from which a system may go out of the inventory: what was tested or used is retired first."""


def moves_from(stage: Lifecycle, origin: Origin) -> frozenset[Lifecycle]:
    """Stages that may follow a stage for a system of this origin, its own not among them.

    >>> sorted(stage.value for stage in moves_from(Lifecycle.INCEPTION, Origin.BOUGHT))
    ['design', 'retirement', 'verification']
    """
    return LIFECYCLE_MOVES[stage] | SHORT_CUTS.get(origin, {}).get(stage, frozenset())
