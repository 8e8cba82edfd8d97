"""Where pages and notices go, and which tools are told what happened: `notify` in care.yaml.

Secrets are named, never written (SEMANTICS 24).
"""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from careloop.domain.happening import HappeningKind
from careloop.domain.noun import Noun, Slug, Text

__all__ = ["Channel", "ChannelKind", "Notify", "QuietHours"]


class ChannelKind(StrEnum):
    """Services that careloop speaks to."""

    PAGERDUTY = "pagerduty"
    """Events API v2; `secret` names the routing key."""
    ALERTMANAGER = "alertmanager"
    """API v2 of a Prometheus Alertmanager; `secret` may name a bearer token."""
    OPSGENIE = "opsgenie"
    """Alert API; `secret` names the API key."""
    WEBHOOK = "webhook"
    """Standard Webhooks; `secret` names the signing secret."""
    GRAFANA = "grafana"
    """Annotations; `secret` names a service account's token, `to` may be the UID of one dashboard."""
    MLFLOW = "mlflow"
    """Tags on the model version; `secret` may name a bearer token."""
    AIRFLOW = "airflow"
    """A run of the DAG that `to` names; `secret` names a token, or `user:password`."""
    GITHUB = "github"
    """Issues in the repository `to`, as `owner/name`; `secret` names a token."""
    GITLAB = "gitlab"
    """Issues in the project `to`, as its path or number; `secret` names a token."""
    JIRA = "jira"
    """Issues in the project whose key is `to`; `secret` names `user:token`, or a personal access token."""


_TOLD: Final[dict[ChannelKind, tuple[HappeningKind, ...]]] = {
    ChannelKind.GRAFANA: (
        HappeningKind.ALARM,
        HappeningKind.DEPLOY,
        HappeningKind.ROLLBACK,
        HappeningKind.SAFE_STATE,
    ),
    ChannelKind.MLFLOW: (
        HappeningKind.ALARM,
        HappeningKind.ROLLBACK,
        HappeningKind.SAFE_STATE,
        HappeningKind.GATE,
    ),
    ChannelKind.AIRFLOW: (HappeningKind.RETRAIN,),
    ChannelKind.GITHUB: (HappeningKind.ALARM, HappeningKind.RETRAIN),
    ChannelKind.GITLAB: (HappeningKind.ALARM, HappeningKind.RETRAIN),
    ChannelKind.JIRA: (HappeningKind.ALARM, HappeningKind.RETRAIN),
}
"""Tools that are told what happened, and of what unless the channel says otherwise; the others tell people."""
_HAS_A_USUAL_ADDRESS = (ChannelKind.PAGERDUTY, ChannelKind.OPSGENIE, ChannelKind.GITHUB, ChannelKind.GITLAB)
_NEEDS_SECRET = tuple(kind for kind in ChannelKind if kind not in (ChannelKind.ALERTMANAGER, ChannelKind.MLFLOW))
_NEEDS_PLACE = (ChannelKind.AIRFLOW, ChannelKind.GITHUB, ChannelKind.GITLAB, ChannelKind.JIRA)
_MAY_HAVE_PLACE = (*_NEEDS_PLACE, ChannelKind.GRAFANA)


class Channel(Noun):
    """One service that tells people, or one tool that is told what happened."""

    id: Slug
    kind: ChannelKind
    at: Text | None = None
    """Its address; PagerDuty, Opsgenie, GitHub and GitLab have a usual one."""
    secret: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")] | None = None
    """Name of the environment variable that holds the key; the key itself never stands in the repository."""
    notices: bool = True
    """Whether people are told what can wait, too; pages always go to every channel that tells people."""
    to: Text | None = None
    """Where in the tool: a repository, a project, a DAG, a dashboard; see the kinds."""
    about: tuple[HappeningKind, ...] = ()
    """What a tool is told of; left out: alarms, deployments, rollbacks and safe states for Grafana, alarms, rollbacks,
    safe states and decisions of the gate for MLflow, wishes to retrain for Airflow, alarms and these for trackers."""
    systems: tuple[Slug, ...] | None = None
    """Only of these systems; left out: of all."""
    issue_type: Text | None = None
    """Of Jira: the type of issue, `Task` unless it says otherwise."""

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.at is None and self.kind not in _HAS_A_USUAL_ADDRESS:
            raise ValueError(f"a channel of the kind {self.kind.value} needs its address in `at`")
        if self.secret is None and self.kind in _NEEDS_SECRET:
            raise ValueError(f"a channel of the kind {self.kind.value} needs `secret`, the name of a variable")
        if self.to is None and self.kind in _NEEDS_PLACE:
            raise ValueError(f"a channel of the kind {self.kind.value} needs `to`, the place there")
        return self

    @model_validator(mode="after")
    def _says_nothing_idle(self) -> Self:
        if self.kind not in _TOLD and (self.about or self.systems is not None):
            raise ValueError(
                f"a channel of the kind {self.kind.value} tells people: `about` and `systems` are for tools"
            )
        if self.to is not None and self.kind not in _MAY_HAVE_PLACE:
            raise ValueError(f"a channel of the kind {self.kind.value} has no `to`")
        if self.issue_type is not None and self.kind is not ChannelKind.JIRA:
            raise ValueError("only Jira has an `issue_type`")
        if self.kind is ChannelKind.AIRFLOW and set(self.about) - {HappeningKind.RETRAIN, HappeningKind.ALARM}:
            raise ValueError("a DAG is run upon an alarm or a wish to retrain")
        return self

    @property
    def tells_people(self) -> bool:
        """Whether pages and notices go there; otherwise it is a tool that is told what happened."""
        return self.kind not in _TOLD

    @property
    def told_of(self) -> frozenset[HappeningKind]:
        """What the tool is told of; empty where people are told."""
        return frozenset(self.about or _TOLD.get(self.kind, ()))


def _a_time(text: str) -> str:
    time.fromisoformat(text)
    return text


Clock = Annotated[str, StringConstraints(pattern=r"^\d\d:\d\d$"), AfterValidator(_a_time)]


class QuietHours(Noun):
    """When notices wait; pages never do."""

    begin: Clock
    """Local time of the organisation, such as 22:00."""
    end: Clock

    @model_validator(mode="after")
    def _ends_sometime(self) -> Self:
        if self.begin == self.end:
            raise ValueError("quiet hours that begin when they end would never end")
        return self

    def over_at(self, now: datetime, zone: tzinfo) -> datetime:
        """`now`, or the end of the quiet hours that it falls into, in the zone of `now`.

        >>> from datetime import UTC
        >>> QuietHours(begin="22:00", end="07:00").over_at(datetime(2026, 1, 1, 23, tzinfo=UTC), UTC).isoformat()
        '2026-01-02T07:00:00+00:00'
        """
        local = now.astimezone(zone)
        begin, end, clock = time.fromisoformat(self.begin), time.fromisoformat(self.end), local.time()
        quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
        if not quiet:
            return now
        day = local.date() if clock < end else local.date() + timedelta(days=1)
        return datetime.combine(day, end, zone).astimezone(now.tzinfo)


class Notify(Noun):
    """Who is told by which service, which tools are told what happened, and when notices wait."""

    channels: tuple[Channel, ...] = Field(min_length=1)
    quiet_hours: QuietHours | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [one.id for one in self.channels]
        if len(set(names)) != len(names):
            raise ValueError("a channel is named twice")
        return self
