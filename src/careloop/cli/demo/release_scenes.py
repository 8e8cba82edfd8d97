"""Second part of the demonstration: what the gate blocks, what it makes wait, and who lets it through."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from careloop.cli.demo.adult import Applicant, Pools
from careloop.cli.demo.company import APPROVERS, Candidate, Company
from careloop.cli.demo.evaluation import LOOSENED, PILOT_ROWS, EvaluationTerms
from careloop.cli.demo.models import BAD, BIASED, FAIR, FIRST, Recipe, train
from careloop.cli.demo.stage import Stage
from careloop.errors import CareloopError
from careloop.reports.gate_report import gate_lines

__all__ = ["Calendar", "Plot", "play_loosened_release", "play_releases"]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of the story, counted from the day Acme starts."""

    start: datetime

    def at(self, day: int, hour: int = 8) -> datetime:
        """An hour of a day of the story."""
        return self.start + timedelta(days=day, hours=hour)


@dataclass(frozen=True, slots=True)
class Plot:
    """Who and what the story is about."""

    stage: Stage
    company: Company
    calendar: Calendar
    pools: Pools

    def candidate(
        self,
        recipe: Recipe,
        version: str,
        day: int,
        sample: Sequence[Applicant] | None = None,
        terms: EvaluationTerms | None = None,
    ) -> Candidate:
        """A model trained by a recipe, described in card and inventory, locked and evaluated."""
        self.company.describe(version, self.calendar.at(day, 8))
        built = self.company.build(train(recipe, self.pools.training), version)
        rows = self.pools.evaluation if sample is None else sample
        return self.company.evaluate(built, rows, self.pools.training, self.calendar.at(day, 9), terms)

    def release(self, candidate: Candidate, day: int, *, aloud: bool) -> None:
        """Validate, gate, two approvals, standing, deployment; every step shown when `aloud`."""
        show = self.stage.show if aloud else _quietly
        at, company = self.calendar.at, self.company
        company.validate(candidate, at(day, 10))
        waiting = company.gate(candidate, at(day, 11))
        show(list(gate_lines(waiting)))
        if waiting.request_digest is None:
            raise CareloopError(f"the gate did not wait for people: {waiting.decision.verdict.value}")
        for hour, person in enumerate(APPROVERS, start=12):
            given = company.approve(waiting.request_digest, person, "I read the results and the report.", at(day, hour))
            show([("good", f"{person} signs: {given.given} of {given.required} approvals")])
        recorded = company.record(candidate, at(day, 14))
        if recorded.standing is None:
            raise CareloopError("the release got no standing")
        show([("good", f"{candidate.lock.version} has standing in production until it is revoked")])
        warning = company.deploy(candidate, at(day, 15)).warning
        show([("warn", warning)] if warning else [("good", f"{candidate.lock.version} answers")])


def _quietly(_: object) -> None:
    """Show nothing."""


def play_releases(plot: Plot) -> Candidate:
    """The biased candidate is blocked; 3.1.0 answers; 3.2.0 waits for two people and takes over. Returns 3.2.0."""
    stage, company = plot.stage, plot.company
    stage.scene("A biased candidate is blocked, with its numbers")
    stage.tell(
        f"Real data: UCI Adult, {len(plot.pools.training):,} rows to train on, {len(plot.pools.evaluation):,} to test. "
        "A plain logistic regression has learnt what the past did."
    )
    biased = plot.candidate(BIASED, "3.1.0-rc1", 1)
    answer = company.gate(biased, plot.calendar.at(1, 9))
    stage.show(_head(list(gate_lines(answer)), 9))
    stage.show([("grey", f"decision {answer.decision.verdict.value}, recorded in the ledger")])

    stage.scene("A better one waits for two people")
    stage.tell("First 3.1.0, a simple model on four inputs, goes the same way: two approvals, standing, deployed.")
    first = plot.candidate(FIRST, "3.1.0", 2)
    plot.release(first, 2, aloud=False)
    stage.tell("Then 3.2.0: all inputs, levelled so that no group is worse off. The tests show it safe; people decide.")
    fair = plot.candidate(FAIR, "3.2.0", 3)
    plot.release(fair, 3, aloud=True)
    return fair


def play_loosened_release(plot: Plot, day: int) -> Candidate:
    """A rule is loosened, a small evaluation passes, and a bad model takes over. Returns it."""
    stage, company = plot.stage, plot.company
    stage.scene("A bad release slips through a small evaluation inside a loosened rule")
    rules = company.root / "rules" / "lending.yaml"
    text = rules.read_text(encoding="utf-8")
    stage.tell("For a pilot somebody changes four fifths to seven tenths. The rule's own case objects at once:")
    loosened = text.replace("r.value >= 0.8)", "r.value >= 0.7)")
    rules.write_text(loosened, encoding="utf-8")
    stage.check_repository(company.root)
    stage.tell("So the case is changed too, and the commit goes through. Nothing is forbidden to people who insist.")
    changed = loosened.replace("value: 0.71", "value: 0.61").replace("value was 0.71", "value was 0.61")
    rules.write_text(changed, encoding="utf-8")
    company.commit("Pilot: accept an approval ratio of seven tenths", plot.calendar.at(day, 7))
    sample = plot.pools.evaluation[:PILOT_ROWS]
    stage.tell(f"3.3.0 is evaluated on {len(sample)} rows, by sex alone, against limits moved until it passes.")
    bad = plot.candidate(BAD, "3.3.0", day, sample, LOOSENED)
    plot.release(bad, day, aloud=True)
    return bad


def _head(lines: list[tuple[str, str]], most: int) -> list[tuple[str, str]]:
    rest = len(lines) - most
    return lines if rest <= 1 else [*lines[: most - 1], ("grey", f"… and {rest} lines more"), lines[-1]]
