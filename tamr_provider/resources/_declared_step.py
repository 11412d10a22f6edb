"""The properties of a step, held to the rules of the stack file before anything is launched."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError

from tamr_provider.resources._properties import IDS, is_known
from tamr_provider.settings import url_problem
from tamr_provider.stackfile.step_rules import StepRules
from tamr_provider.stackfile.values import Id, Strict, describe_value, problem, read_moment
from tamr_provider.timestamps import format_timestamp, parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def _url(value: object) -> str:
    text = value if isinstance(value, str) else ""
    if said := url_problem(text):
        raise problem(f"found {describe_value(value)}; {said.partition('; ')[2]}")
    return text


Finish = Annotated[datetime, BeforeValidator(read_moment)]


def _ids_problem(properties: Mapping[str, Any]) -> str:
    """Return why the ids are not those of one step, empty if they are."""
    given = [name for name in IDS if properties.get(name) is not None]
    if not given:
        return f"missing; allowed: one of {', '.join(IDS)}"
    if len(given) > 1 and given != ["destinationId", "dataProductId"]:
        return f"found {' and '.join(given)}; allowed: one of them"
    return ""


def _of_one_step(value: object) -> object:
    if isinstance(value, dict) and (said := _ids_problem(value)):
        raise problem(said)
    return value


class StepIds(Strict):
    """The ids of a step that comes behind another."""

    source_id: Id | None = None
    destination_id: Id | None = None
    data_product_id: Id | None = None
    workflow_id: Id | None = None


class DeclaredStep(StepRules):
    """One step as a program declares it; the engine's own keys and those of a run are ignored."""

    model_config = ConfigDict(extra="ignore")

    source_id: Id | None = None
    destination_id: Id | None = None
    data_product_id: Id | None = None
    workflow_id: Id | None = None
    url: Annotated[str, BeforeValidator(_url)] = ""
    after: list[Finish] = Field(default=[], description="a list of times")
    product: Id | None = None
    stack: Id | None = None
    data_product: Id | None = None
    workflows: list[Id] = Field(default=[], description="a list of ids")
    destinations: list[Id] = Field(default=[], description="a list of ids")
    then: list[list[Annotated[StepIds, BeforeValidator(_of_one_step)]]] = Field(
        default=[], description="a list of phases, each a list of steps by their ids"
    )


def normalize(
    properties: Mapping[str, Any], now: datetime
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the properties in one spelling, and what is wrong as (property, reason).

    Each property has one reason at most. What is not known yet is neither looked at nor missed.
    """
    reasons: dict[str, str] = {}
    if said := _ids_problem(properties):
        given = [name for name in IDS if properties.get(name) is not None]
        reasons[given[-1] if given else "sourceId"] = said
    inputs = dict(properties)
    try:
        step = DeclaredStep.model_validate(
            _known(properties), context={"now": now, "is_declared": True}
        )
        inputs |= _spelled(step, properties)
        if inputs.get("since") is None:
            reasons["since"] = f"missing; allowed: {_MOMENT}"
    except ValidationError as error:
        for name, reason in _reasons(error):
            reasons[name] = f"{reasons[name]}; {reason}" if name in reasons else reason
    return inputs, list(reasons.items())


_MOMENT = 'a time with its zone, for instance "2026-11-20T09:00:00Z"'


def _spelled(step: DeclaredStep, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return version and times in one spelling; a version that is a date is its own since."""
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
    """Return what can be looked at; a version that cannot be yet has a stand-in."""
    known = {
        name: [entry for entry in value if is_known(entry)] if isinstance(value, list) else value
        for name, value in properties.items()
        if isinstance(value, list) or is_known(value)
    }
    # A finish that Tamr did not tell is an empty text.
    if isinstance(known.get("after"), list):
        known["after"] = [finish for finish in known["after"] if finish != ""]
    if "version" in properties and "version" not in known:
        known["version"] = "not known yet"
    return known


def _reasons(error: ValidationError) -> Iterator[tuple[str, str]]:
    for found in error.errors(include_url=False):
        name, *parts = found["loc"]
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
        yield str(name), f"{place}: {_reason(found, str(name))}".removeprefix(": ")


def _reason(found: Any, name: str) -> str:
    if found["type"] == "tamr":
        return str(found["msg"])
    if found["type"] == "extra_forbidden":
        return f"unknown key; allowed: {', '.join(IDS)}"
    fields = DeclaredStep.model_fields.values()
    allowed = next(field.description or name for field in fields if field.alias == name)
    if found["type"] == "missing":
        return f"missing; allowed: {allowed}"
    return f"found {describe_value(found['input'])}; allowed: {allowed}"
