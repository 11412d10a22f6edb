"""A step as a program declares it, validated by the rules of the stack file."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError

from tamr_provider.decision.steps import ConflictScope, Step
from tamr_provider.resources._properties import IDS, finish_times, is_known, to_configuration
from tamr_provider.settings import expected_url
from tamr_provider.stackfile.step_rules import StepRules
from tamr_provider.stackfile.values import (
    EXAMPLE_TIME,
    Flag,
    Id,
    StrictObject,
    describe_value,
    make_error,
    parse_time,
)
from tamr_provider.timestamps import format_timestamp, parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tamr_provider.decision.steps import Phases
    from tamr_provider.models import Configuration


def _url(value: object) -> str:
    text = value if isinstance(value, str) else ""
    if expected := expected_url(text):
        raise make_error(f"expected {expected}, got {describe_value(value)}")
    return text


_Finish = Annotated[datetime, BeforeValidator(parse_time)]


def _ids_problem(properties: Mapping[str, Any]) -> str:
    """Return why the IDs are not those of one step, or ""."""
    given = [name for name in IDS if properties.get(name) is not None]
    if not given:
        return f"expected one of {', '.join(IDS)}, got nothing"
    if len(given) > 1 and given != ["destinationId", "dataProductId"]:
        return f"expected one of {' and '.join(given)}, got {'both' if len(given) == 2 else 'all'}"
    return ""


def _ids_of_one_step(value: object) -> object:
    if isinstance(value, dict) and (problem := _ids_problem(value)):
        raise make_error(problem)
    return value


class _StepIds(StrictObject):
    source_id: Id | None = None
    destination_id: Id | None = None
    data_product_id: Id | None = None
    workflow_id: Id | None = None

    @property
    def configuration(self) -> Configuration:
        """The configuration of the step's job."""
        ids = (self.source_id, self.destination_id, self.data_product_id, self.workflow_id)
        configuration = to_configuration(dict(zip(IDS, ids, strict=True)))
        assert configuration is not None  # noqa: S101 - The checks require an ID.
        return configuration


class DeclaredStep(_StepIds, StepRules):
    """The properties of one step. Other keys, such as the engine's own, are ignored."""

    model_config = ConfigDict(extra="ignore")

    url: Annotated[str, BeforeValidator(_url)] = ""
    after: list[_Finish] = Field(default=[], description="a list of times")
    product: Id | None = None
    stack: Id | None = None
    data_product: Id | None = None
    workflows: list[Id] = Field(default=[], description="a list of IDs")
    destinations: list[Id] = Field(default=[], description="a list of IDs")
    first: Flag = Field(default=False, description="true or false")
    then: list[list[Annotated[_StepIds, BeforeValidator(_ids_of_one_step)]]] = Field(
        default=[], description="a list of phases, each a list of steps by their IDs"
    )

    _waits_for_unknown: bool = PrivateAttr(default=False)

    @property
    def waits_for_unknown(self) -> bool:
        """Whether the finish of an earlier step is unknown, as in a preview that launches it."""
        return self._waits_for_unknown

    @property
    def later_phases(self) -> Phases:
        """The configurations of the phases after the step."""
        return tuple(tuple(ids.configuration for ids in phase) for phase in self.then)

    def to_step(self) -> Step:
        """Return the step to decide on."""
        assert self.since is not None  # noqa: S101 - `check` and `parse_step` require it.
        configuration = self.configuration
        return Step(
            product=self.product or self.stack or "step",
            configuration=configuration,
            since=self.since,
            not_before=max([self.since, *self.after]),
            data_product=ConflictScope(
                id=self.data_product or configuration.id("dataProductId"),
                workflows=tuple(self.workflows),
                destinations=tuple(self.destinations),
            ),
            first=self.first,
            stack=self.stack or "",
        )


def parse_step(properties: Mapping[str, Any]) -> DeclaredStep | None:
    """Return the step that properties describe, or None if they are invalid or not yet known."""
    if not all(is_known(properties.get(name)) for name in (*IDS, "version", "since")):
        return None
    known = _known(properties)
    if isinstance(known.get("after"), list):
        # Previews pass an unknown finish as None.
        known["after"] = [finish for finish in known["after"] if finish is not None]
    try:
        step = DeclaredStep.model_validate(known, context={"is_declared": True})
    except ValidationError:
        return None
    if step.since is None or to_configuration(properties) is None:
        return None
    step._waits_for_unknown = None in finish_times(properties)  # noqa: SLF001 - Made above.
    return step


def check_properties(
    properties: Mapping[str, Any], now: datetime
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the properties in canonical spelling, and the problems as (property, reason).

    Each property has at most one reason. Unknown values are neither checked nor missing.
    """
    reasons: dict[str, str] = {}
    if problem := _ids_problem(properties):
        given = [name for name in IDS if properties.get(name) is not None]
        reasons[given[-1] if given else "sourceId"] = problem
    inputs = dict(properties)
    try:
        step = DeclaredStep.model_validate(
            _known(properties), context={"now": now, "is_declared": True}
        )
        inputs |= _canonical_spelling(step, properties)
        if inputs.get("since") is None:
            reasons["since"] = f"expected {EXAMPLE_TIME}, got nothing"
    except ValidationError as error:
        for name, reason in _reasons(error):
            reasons[name] = f"{reasons[name]}; {reason}" if name in reasons else reason
    return inputs, list(reasons.items())


def _canonical_spelling(step: DeclaredStep, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the version and times in canonical spelling; a dated version is its own since."""
    spelled: dict[str, Any] = {}
    if not is_known(properties.get("version")):
        spelled["since"] = properties.get("since", properties["version"])
    else:
        spelled["version"] = step.version
        if properties.get("since") is None and (date := parse_timestamp(step.version)):
            spelled["since"] = format_timestamp(date)
    for name, moment in (("since", step.since), ("retriedAt", step.retried_at)):
        if moment is not None:
            spelled[name] = format_timestamp(moment)
    return spelled


def _known(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the known values; an unknown version has a placeholder."""
    known = {
        name: [entry for entry in value if is_known(entry)] if isinstance(value, list) else value
        for name, value in properties.items()
        if isinstance(value, list) or is_known(value)
    }
    # A job without a finish time has "" in its outputs.
    if isinstance(known.get("after"), list):
        known["after"] = [finish for finish in known["after"] if finish != ""]
    if "version" in properties and "version" not in known:
        known["version"] = "not known yet"
    return known


def _reasons(error: ValidationError) -> Iterator[tuple[str, str]]:
    for found in error.errors(include_url=False):
        name, *parts = found["loc"]
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
        yield str(name), f"{path}: {_reason(found, str(name))}".removeprefix(": ")


def _reason(found: Any, name: str) -> str:
    if found["type"] == "tamr":
        return str(found["msg"])
    if found["type"] == "extra_forbidden":
        return f"unknown key, expected one of {', '.join(IDS)}"
    fields = DeclaredStep.model_fields.values()
    expected = next(field.description or name for field in fields if field.alias == name)
    got = "nothing" if found["type"] == "missing" else describe_value(found["input"])
    return f"expected {expected}, got {got}"
