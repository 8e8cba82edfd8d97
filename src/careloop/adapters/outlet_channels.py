"""The tools that care.yaml has told what happened, each with its key from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from careloop.adapters.airflow_outlet import AirflowOutlet
from careloop.adapters.channel_key import ClosedChannel, channel_key
from careloop.adapters.grafana_outlet import GrafanaOutlet
from careloop.adapters.issue_outlets import GithubIssues, GitlabIssues, JiraIssues, basic_or_bearer
from careloop.adapters.json_line import JsonLine
from careloop.adapters.mlflow_outlet import MlflowOutlet
from careloop.domain.channels import Channel, ChannelKind, Notify
from careloop.errors import CareloopError, InvalidInput
from careloop.ports.outlet import Outlet

__all__ = ["outlet_channels"]

_GITHUB: Final = "https://api.github.com"
_GITLAB: Final = "https://gitlab.com"
_GITHUB_VERSION: Final = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}


def outlet_channels(notify: Notify | None, *, environ: Mapping[str, str] | None) -> dict[str, Outlet]:
    """Every tool by its channel's id; without an environment, to look at what would be sent: no keys are needed."""
    tools = [channel for channel in notify.channels if not channel.tells_people] if notify else []
    return {channel.id: _opened(channel, environ) for channel in tools}


def _opened(channel: Channel, environ: Mapping[str, str] | None) -> Outlet:
    try:
        return _outlet(channel, "" if environ is None else channel_key(channel, environ))
    except CareloopError as error:
        if environ is None:
            raise
        return ClosedChannel(error.message)


def _outlet(channel: Channel, key: str) -> Outlet:
    at, place = channel.at or "", channel.to or ""
    bearer = {"authorization": f"Bearer {key}"} if key else {}
    match channel.kind:
        case ChannelKind.GRAFANA:
            return GrafanaOutlet(JsonLine(at, headers=bearer), dashboard=channel.to)
        case ChannelKind.MLFLOW:
            return MlflowOutlet(JsonLine(at, headers=bearer))
        case ChannelKind.AIRFLOW:
            return AirflowOutlet(at, dag=place, key=key)
        case ChannelKind.GITHUB:
            return GithubIssues(JsonLine(at or _GITHUB, headers={**_GITHUB_VERSION, **bearer}), place)
        case ChannelKind.GITLAB:
            return GitlabIssues(JsonLine(at or _GITLAB, headers=bearer), place)
        case ChannelKind.JIRA:
            line = JsonLine(at, headers=basic_or_bearer(key))
            return JiraIssues(line, place, issue_type=channel.issue_type or "Task")
        case _:
            raise InvalidInput(f"a channel of the kind {channel.kind.value} is no tool that is told what happened")
