"""Walk the chain from anything in it, both ways; or show all of it with what hangs nowhere (R24)."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from careloop.checks.catalogue import Catalogue
from careloop.checks.run import check_tree
from careloop.documents.compile import compile_tree
from careloop.domain.chain import Chain
from careloop.errors import NotFound
from careloop.ports.ledger import Ledger
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary, standards_digest
from careloop.status.chain import ChainGround, LastResult, build_chain
from careloop.status.compute import compute_status
from careloop.workflows.evolve.read_records import read_records
from careloop.workflows.evolve.standpoint import zone_of

__all__ = ["Traced", "trace_chain"]

_SHORT = ("", "iso42001:2023/", "care/", "own/", "check:", "monitor:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A part of the chain, or all of it."""

    ref: str | None
    starts: tuple[str, ...]
    """Nodes that the reference means: of a section of a policy, each of its statements."""
    chain: Chain
    commit: str | None
    dirty: bool | None
    standards_digest: str


def trace_chain(
    source: RepositorySource,
    ref: str | None,
    *,
    standards: StandardsLibrary,
    ledger: Ledger | None,
    now: datetime,
) -> Traced:
    """What `ref` leads to and what leads to it; without one, everything. Raises `NotFound` with the nearest names."""
    files = standards.read_all()
    catalogue = Catalogue(files)
    tree = source.work_tree()
    compiled = compile_tree(tree)
    here = now.astimezone(zone_of(compiled.repository.organisation))
    gate, ran = _gate(ledger)
    ground = ChainGround(
        compiled=compiled,
        catalogue=catalogue,
        checked=check_tree(tree, catalogue),
        status=compute_status(compiled, catalogue, read_records(ledger), here),
        gate=gate,
        gate_ran=ran,
        monitors=dict(_alarms(ledger)),
    )
    whole = build_chain(ground)
    starts = () if ref is None else _meant(ref, whole)
    head = source.head()
    return Traced(
        ref=ref,
        starts=starts,
        chain=whole.around(starts) if starts else whole,
        commit=head.commit,
        dirty=head.dirty,
        standards_digest=standards_digest(files),
    )


def _meant(ref: str, chain: Chain) -> tuple[str, ...]:
    for short in _SHORT:
        if short + ref in chain.nodes:
            return (short + ref,)
    path, _, number = ref.partition("#")
    begins = f"{path}#{number}." if number else f"{path}#"
    found = tuple(name for name in chain.nodes if name.startswith(begins) and not name.endswith(":attested"))
    if found:
        return found
    close = difflib.get_close_matches(ref, list(chain.nodes), n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(close)}?" if close else "try policies/x.md#1, a rule or a requirement"
    raise NotFound(f"nothing in the chain is called '{ref}'", hint=hint)


def _gate(ledger: Ledger | None) -> tuple[dict[str, LastResult], LastResult | None]:
    """What the gate last said about each rule that stood in a release's way, and its last decision of all."""
    newest: dict[str, tuple[int, str, object]] = {}
    ran: LastResult | None = None
    for entry in ledger.query(type="gate.decision") if ledger is not None else ():
        data = entry.record.data
        decision = str(data.get("decision"))
        newest[str(data.get("system"))] = (entry.index, decision, data.get("reasons"))
        ran = LastResult(text=f"{decision} for {data.get('system')} (entry {entry.index})", good=decision == "allow")
    named: dict[str, LastResult] = {}
    for system, (index, decision, reasons) in newest.items():
        for reason in reasons if isinstance(reasons, (list, tuple)) else ():
            rule = reason.get("rule") if isinstance(reason, dict) else None
            if isinstance(rule, str):
                named[rule] = LastResult(text=f"{decision} for {system} (entry {index})", good=False)
    return named, ran


def _alarms(ledger: Ledger | None) -> Iterator[tuple[str, LastResult]]:
    for entry in ledger.query(type="alarm.raised") if ledger is not None else ():
        data = entry.record.data
        text = f"alarm on {entry.recorded_at.date()} (entry {entry.index})"
        yield f"{data.get('system')}/{data.get('monitor')}", LastResult(text=text, good=False)
