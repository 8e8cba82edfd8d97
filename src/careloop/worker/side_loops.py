"""Loops beside the watching of systems, each in its own thread: messages, other tools, anchors, held deployments.

None of them delays a rollback or another loop: what goes wrong with one is told and tried again at its next turn, and a
thread that ended is started again with the next round of the worker.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from careloop import wiring
from careloop.domain.outgoing import MessageKind
from careloop.errors import CareloopError, Unavailable
from careloop.ports.ledger import Actor, ActorKind
from careloop.wiring import forges, post, trust
from careloop.worker.feed_loops import feed_loops
from careloop.worker.side_loop import SideLoop
from careloop.worker.view_loops import view_loops
from careloop.workflows.evolve.anchor_ledger import anchor_ledger
from careloop.workflows.run.announce import announce_from_the_start, announce_new
from careloop.workflows.run.answer_deployments import answer_deployments
from careloop.workflows.run.send_messages import deliver_messages

__all__ = ["SideLoop", "SideLoops", "side_loops"]

_logger = logging.getLogger(__name__)
_WORKER: Final = Actor(iss="careloop", sub="care-worker", kind=ActorKind.SERVICE)
_MESSAGES_EVERY_S: Final = 1.0
_TOOLS_EVERY_S: Final = 2.0
_ANCHOR_EVERY_S: Final = 3600.0
_FORGE_EVERY_S: Final = 20.0


@dataclass
class SideLoops:
    """Keeps its loops running until `stop` is set; `failed` says what the last turn of each met."""

    loops: Sequence[SideLoop]
    stop: threading.Event
    _threads: dict[str, threading.Thread] = field(default_factory=dict)
    _failed: dict[str, str] = field(default_factory=dict)

    def keep_running(self) -> None:
        """Start every loop that does not run."""
        for loop in self.loops:
            running = self._threads.get(loop.name)
            if running is None or not running.is_alive():
                thread = threading.Thread(target=self._run, args=(loop,), name=f"care-{loop.name}", daemon=True)
                self._threads[loop.name] = thread
                thread.start()

    @property
    def failed(self) -> dict[str, str]:
        """By name of the loop; one that went well is not in it."""
        return dict(self._failed)

    def join(self, timeout_s: float) -> None:
        """Wait for turns that are under way, each that long at most."""
        for thread in self._threads.values():
            thread.join(timeout_s)

    def _run(self, loop: SideLoop) -> None:
        while not self.stop.is_set():
            try:
                loop.work(wiring.now())
                self._failed.pop(loop.name, None)
            except Exception as error:
                told = error.message if isinstance(error, CareloopError) else f"{type(error).__name__}: {error}"
                if self._failed.get(loop.name) != told:
                    _logger.exception("the loop %s met something", loop.name)
                self._failed[loop.name] = told
            self.stop.wait(loop.every_s)


def side_loops(root: Path, stop: threading.Event) -> SideLoops:
    """Messages and other tools always; anchors where care.yaml lists some; GitHub's deployments where the environment
    names it as `CARELOOP_FORGE`; one for each declared feed and view."""
    loops = [
        SideLoop(name="messages", every_s=_MESSAGES_EVERY_S, work=lambda _: _send(root)),
        SideLoop(name="tools", every_s=_TOOLS_EVERY_S, work=lambda _: _tell(root)),
        SideLoop(name="anchors", every_s=_ANCHOR_EVERY_S, work=_Anchoring(root).turn),
    ]
    if os.environ.get("CARELOOP_FORGE") == "github":
        loops.append(SideLoop(name="forge", every_s=_FORGE_EVERY_S, work=lambda now: _follow(root, now)))
    loops += [*feed_loops(root), *view_loops(root)]
    return SideLoops(loops, stop)


def _send(root: Path) -> None:
    """Pages alone: no tool that hangs stands in their way."""
    deliver_messages(post.post_room(root), kinds=frozenset({MessageKind.PAGE}))


def _tell(root: Path) -> None:
    """Write down for other tools what happened since they were told last, and send what is due.

    Also what was written down for a tool that is no longer listed: that becomes a dead letter.
    """
    told, box = post.subscriptions(root), post.outbox(root)
    ledger = wiring.ledger_to_read(root) if told else None
    if ledger is None:
        announce_from_the_start(box, told)
    else:
        with closing(ledger):
            announce_new(ledger, box, told)
    deliver_messages(post.post_room(root), kinds=frozenset({MessageKind.HAPPENING}))


def _follow(root: Path, now: datetime) -> None:
    """Answer deployments that GitHub holds back, as `care forge follow` does."""
    gate = forges.github_forge()
    with wiring.release_desk(root, {}) as desk:
        answer_deployments(desk, gate, now)


@dataclass
class _Anchoring:
    """Has every anchor remember the log, unless nothing but the last anchoring was written since."""

    root: Path
    _upto: int = 0

    def turn(self, _: datetime) -> None:
        """Anchor once; raises `Unavailable` when an anchor did not take it."""
        anchors = trust.anchors_of(self.root)
        if not anchors:
            return
        with trust.clerk_for(self.root, actor=_WORKER) as clerk:
            if clerk.ledger.size() == self._upto:
                return
            done = anchor_ledger(clerk, anchors)
            lost = [f"{one.anchor}: {one.why}" for one in done if one.receipt is None]
            if lost:
                raise Unavailable("; ".join(lost))
            self._upto = clerk.ledger.size()
