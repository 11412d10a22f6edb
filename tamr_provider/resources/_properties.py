"""The engine's property dictionaries: reading single values, and the outputs of a step.

Numbers arrive as floats and keys without a value are absent. An unknown value arrives as
`pulumi.output.Unknown`, which must be neither compared nor serialized.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
from pydantic_core import PydanticCustomError

from tamr_provider.models import Configuration
from tamr_provider.stackfile.step_rules import StepRules
from tamr_provider.stackfile.values import canonical_version
from tamr_provider.timestamps import format_timestamp, parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tamr_provider.reconciler.pending import StepResult

IDS = ("sourceId", "destinationId", "dataProductId", "workflowId")
# Properties leave out these defaults, so that the state of a large stack stays small.
DEFAULTS: dict[str, Any] = {
    field.alias: field.default
    for name, field in StepRules.model_fields.items()
    if field.alias and name in ("max_attempts", "min_hours_between", "timeout_hours", "trust_days")
}
_ONLY_INPUTS = ("dataProduct", "destinations", "first", "product", "stack", "then", "workflows")


def is_known(value: object) -> bool:
    """Return whether a value and all its entries are known."""
    if isinstance(value, (list, dict)):
        entries = value.values() if isinstance(value, dict) else value
        return all(is_known(entry) for entry in entries)
    return not isinstance(value, pulumi.output.Unknown)


def to_configuration(properties: Mapping[str, Any]) -> Configuration | None:
    """Return the configuration of the IDs, or None if one is unknown or all are missing."""
    ids = {name: properties.get(name) or "" for name in IDS}
    if not all(is_known(id_) for id_ in ids.values()):
        return None
    if ids["sourceId"]:
        return Configuration.load(ids["sourceId"])
    if ids["destinationId"]:
        return Configuration.publish(ids["destinationId"], ids["dataProductId"])
    if ids["workflowId"]:
        return Configuration.workflow(ids["workflowId"])
    return Configuration.update(ids["dataProductId"]) if ids["dataProductId"] else None


def parse_property_time(value: object) -> datetime | None:
    """Return the timestamp of a property, or None if it is unknown, missing or invalid."""
    return parse_timestamp(value) if isinstance(value, str) else None


def finish_times(properties: Mapping[str, Any]) -> list[datetime | None]:
    """Return the finish times of the earlier steps, None for an unknown one."""
    after = properties.get("after")
    if after is None:
        return []
    return [parse_property_time(finish) for finish in after] if isinstance(after, list) else [None]


def is_same_version(one: object, other: object) -> bool:
    """Return whether two spellings mean the same version. Unknown values never do."""
    try:
        return canonical_version(one) == canonical_version(other)
    except PydanticCustomError:
        return False


def version_and_since(properties: Mapping[str, Any]) -> tuple[str, datetime] | None:
    """Return the canonical version and the since, or None if either is unknown or invalid."""
    since = parse_property_time(properties.get("since"))
    try:
        version = canonical_version(properties.get("version"))
    except PydanticCustomError:
        return None
    return (version, since) if since is not None else None


def inputs_in_outputs(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that the outputs repeat. Only a run needs the others."""
    return {name: value for name, value in properties.items() if name not in _ONLY_INPUTS}


def make_outputs(properties: Mapping[str, Any], result: StepResult) -> dict[str, Any]:
    """Return all outputs of a satisfied step: its inputs, its job and how the job was found."""
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
        **{name: format_timestamp(moment) if moment else "" for name, moment in times.items()},
        "adopted": result.origin != "launched",
        "attempts": result.attempts,
    }
