"""The engine's property dictionaries to steps and rules, and back.

Numbers arrive as floats, keys without a value vanish, and what is not known yet arrives as
`pulumi.output.Unknown`, which must neither be compared nor written as JSON.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pulumi
from pydantic_core import PydanticCustomError

from tamr_provider.decision.policy import LaunchPolicy
from tamr_provider.decision.steps import ConflictScope, Step
from tamr_provider.models import Configuration
from tamr_provider.stackfile.freeze_window import read_window
from tamr_provider.stackfile.values import canonical_version
from tamr_provider.timestamps import format_timestamp, parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tamr_provider.decision.steps import Phases
    from tamr_provider.reconciler.pending import StepResult

IDS = ("sourceId", "destinationId", "dataProductId", "workflowId")
_DEFAULT_POLICY = LaunchPolicy()
# Defaults are left out of the properties, so that a large stack's state stays small.
DEFAULTS: dict[str, Any] = {
    "maxAttempts": _DEFAULT_POLICY.max_attempts,
    "minHoursBetween": _DEFAULT_POLICY.buffer / timedelta(hours=1),
    "timeoutHours": _DEFAULT_POLICY.timeout / timedelta(hours=1),
    "trustDays": _DEFAULT_POLICY.trust / timedelta(days=1),
    "first": False,
}


def is_known(value: object) -> bool:
    """Whether a value can be looked at, all the way down."""
    if isinstance(value, (list, dict)):
        entries = value.values() if isinstance(value, dict) else value
        return all(is_known(entry) for entry in entries)
    return not isinstance(value, pulumi.output.Unknown)


def configuration_of(properties: Mapping[str, Any]) -> Configuration | None:
    """Return what the step's job does, None where an id is not known yet or missing."""
    ids = {name: properties.get(name) or "" for name in IDS}
    if not all(is_known(each) for each in ids.values()):
        return None
    if ids["sourceId"]:
        return Configuration.load(ids["sourceId"])
    if ids["destinationId"]:
        return Configuration.publish(ids["destinationId"], ids["dataProductId"])
    if ids["workflowId"]:
        return Configuration.workflow(ids["workflowId"])
    return Configuration.update(ids["dataProductId"]) if ids["dataProductId"] else None


def parse_property_time(value: object) -> datetime | None:
    """Return a property's moment, None where it is unknown, missing or none."""
    return parse_timestamp(value) if isinstance(value, str) else None


def finish_times(properties: Mapping[str, Any]) -> list[datetime | None]:
    """Return the finish times of the steps before; None stands for one not known yet."""
    after = properties.get("after")
    if after is None:
        return []
    return [parse_property_time(each) for each in after] if isinstance(after, list) else [None]


def same_version(one: object, other: object) -> bool:
    """Whether two spellings name one version; what is not known is never the same."""
    try:
        return canonical_version(one) == canonical_version(other)
    except PydanticCustomError:
        return False


def version_and_since(properties: Mapping[str, Any]) -> tuple[str, datetime] | None:
    """Return the canonical version and the since, None where either is unknown or wrong."""
    since = parse_property_time(properties.get("since"))
    try:
        version = canonical_version(properties.get("version"))
    except PydanticCustomError:
        return None
    return (version, since) if since is not None else None


def read_step(properties: Mapping[str, Any]) -> Step:
    """Return the step that checked properties describe."""
    configuration = configuration_of(properties)
    since = parse_property_time(properties["since"])
    assert configuration is not None  # noqa: S101 - check has seen them
    assert since is not None  # noqa: S101
    finishes = [finish_time for finish_time in finish_times(properties) if finish_time is not None]
    own = configuration.id("dataProductId")
    return Step(
        product=str(properties.get("product") or properties.get("stack") or "step"),
        configuration=configuration,
        since=since,
        not_before=max([since, *finishes]),
        data_product=ConflictScope(
            id=properties.get("dataProduct") or own,
            workflows=tuple(properties.get("workflows") or ()),
            destinations=tuple(properties.get("destinations") or ()),
        ),
        first=bool(properties.get("first")),
        stack=str(properties.get("stack") or ""),
    )


def read_later_phases(properties: Mapping[str, Any]) -> Phases:
    """Return what comes behind the step, as far as it is told."""
    parts = ([configuration_of(each) for each in part] for part in properties.get("then") or ())
    return tuple(tuple(each for each in part if each is not None) for part in parts)


def read_policy(properties: Mapping[str, Any], slots: int = _DEFAULT_POLICY.slots) -> LaunchPolicy:
    """Return the launch policy that checked properties describe."""
    value = {**DEFAULTS, **{k: v for k, v in properties.items() if k in DEFAULTS}}
    return LaunchPolicy(
        max_attempts=int(value["maxAttempts"]),
        trust=timedelta(days=value["trustDays"]),
        buffer=timedelta(hours=value["minHoursBetween"]),
        retried_at=parse_property_time(properties.get("retriedAt")),
        timeout=timedelta(hours=value["timeoutHours"]),
        slots=slots,
        freeze=tuple(read_window(each) for each in properties.get("freeze") or ()),
    )


def inputs_in_outputs(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that the outputs repeat: all but what comes behind the step.

    That concerns a run, and would be in the state twice.
    """
    return {name: value for name, value in properties.items() if name != "then"}


def outputs(properties: Mapping[str, Any], result: StepResult) -> dict[str, Any]:
    """Return the full outputs of a satisfied step: its inputs, and how it came to be."""
    job = result.job
    times = {
        "createdAt": job.created_at,
        "startedAt": job.started_at,
        "finishedAt": job.finished_at,
    }
    return {
        **inputs_in_outputs(properties),
        "jobId": job.id,
        "outcome": job.outcome,
        **{name: format_timestamp(each) if each else "" for name, each in times.items()},
        "adopted": result.origin != "launched",
        "attempts": result.attempts,
    }
