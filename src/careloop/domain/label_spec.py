"""What is known about a system's labels before they come: how long they take, whose outcomes are seen (R45, R47)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

from careloop.domain.noun import Duration, Noun, Text, seconds_in

__all__ = ["LabelSpec", "Maturity", "horizon_said_once"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Maturity:
    """When the time for an answer's label is over, and what it counts as when none came."""

    after: timedelta
    """From when the answer was received; a label that was received at that instant came too late."""
    otherwise: str | None = None
    """The label of an answer that nobody labelled in time; None leaves it without one."""

    @property
    def after_us(self) -> int:
        """In microseconds."""
        return self.after // timedelta(microseconds=1)


def _with_its_day(negative: str | None, info: ValidationInfo) -> str | None:
    """A field that is left out is not looked at, so the default is judged too."""
    if (negative is None) is not (info.data.get("implicit_negative_after") is None):
        raise ValueError("negative and implicit_negative_after say one thing together: write both, or neither")
    return negative


class LabelSpec(Noun):
    """`events.labels`: by when an answer's label is known.

    Monitors that read labels judge an answer once that time is over, with whatever label it has by then: judged as they
    arrive, labels that come sooner when they are bad would look like a change for the worse.
    """

    horizon: Duration
    """From when the answer came; what is labelled later does not count for monitors."""
    implicit_negative_after: Duration | None = None
    """No label by then is a label: a customer who has not paid back, a visitor who has not come back."""
    negative: Annotated[Text | None, AfterValidator(_with_its_day)] = None
    """Which label that is."""
    selective: tuple[Text, ...] = ()
    """Answers after which an outcome is seen at all, such as `approve`; rates are then of these alone."""

    model_config = {"validate_default": True}

    @property
    def maturity(self) -> Maturity:
        """When the time for labels is over: after the longer of the two times."""
        after = max(seconds_in(each) for each in (self.horizon, self.implicit_negative_after) if each is not None)
        return Maturity(after=timedelta(seconds=after), otherwise=self.negative)


def horizon_said_once(labels: LabelSpec | None, info: ValidationInfo) -> LabelSpec | None:
    """For a `labels` that stands below a `label_horizon`, the short form: one of the two says it."""
    if labels is not None and info.data.get("label_horizon") is not None:
        raise ValueError("the horizon stands here and in label_horizon; keep the one in labels")
    return labels
