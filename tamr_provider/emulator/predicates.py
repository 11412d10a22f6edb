"""Predicates of a filter: the documented paths and time functions."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from tamr_provider.emulator.job import STATES, JobSnapshot
from tamr_provider.emulator.timestamps import parse_timestamp
from tamr_provider.emulator.tokens import Token, filter_error

if TYPE_CHECKING:
    from collections.abc import Callable

_IDS = {
    "configuration.load.source_id": ("load", "sourceId"),
    "configuration.update.data_product_id": ("update", "dataProductId"),
    "configuration.update.workflow_id": ("update", "workflowId"),
    "configuration.publish.destination_id": ("publish", "destinationId"),
    "configuration.publish.data_product_id": ("publish", "dataProductId"),
}
_PRESENCE: dict[str, dict[str, Callable[[JobSnapshot], bool]]] = {
    "configuration": {
        "load": lambda snapshot: snapshot.job.configuration.type == "load",
        "update": lambda snapshot: snapshot.job.configuration.type == "update",
        "publish": lambda snapshot: snapshot.job.configuration.type == "publish",
    },
    "status": {"error": lambda snapshot: snapshot.current.error is not None},
}
_TIMES = {
    "create_time": "PENDING",
    "start_time": "RUNNING",
    "cancel_time": "STOPPING",
    "stop_time": "DONE",
}
# U8: only < is documented for times.
_COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_PATHS = ("job_id", "status.state", *_IDS, *_PRESENCE)


def time_predicate(
    name: Token, sign: Token | None, value: Token | None
) -> Callable[[JobSnapshot], bool]:
    """Return the predicate of a time function, bare or compared. Raises ApiError."""
    state = _TIMES.get(name.text)
    if state is None:
        raise filter_error(f"unknown function {name.text}() (defined: {', '.join(_TIMES)})")
    if sign is None or value is None:
        return lambda snapshot: snapshot.entry_time(state) is not None
    compare_times = _COMPARISONS.get(sign.text)
    if compare_times is None:
        raise _bad_operator(f"{name.text}()", sign, *_COMPARISONS)
    try:
        limit = parse_timestamp(_quoted(value))
    except ValueError as error:
        raise filter_error(str(error)) from None

    def compare(snapshot: JobSnapshot) -> bool:
        time = snapshot.entry_time(state)
        return time is not None and bool(compare_times(time, limit))

    return compare


def path_predicate(path: Token, sign: Token, value: Token) -> Callable[[JobSnapshot], bool]:
    """Return the predicate of a path. Raises ApiError."""
    if path.text in _IDS:
        return _id_predicate(path, sign, _quoted(value))
    if path.text in _PRESENCE:
        return _presence_predicate(path, sign, value)
    if path.text not in _PATHS:
        raise filter_error(f"unknown path {path} (defined: {', '.join(_PATHS)})")
    if sign.text not in ("=", "!="):
        raise _bad_operator(path.text, sign, "=", "!=")
    equal = _equality(path, value)
    return equal if sign.text == "=" else lambda snapshot: not equal(snapshot)


def _equality(path: Token, value: Token) -> Callable[[JobSnapshot], bool]:
    if path.text == "job_id":
        job_id = _quoted(value)
        return lambda snapshot: snapshot.job.id == job_id
    if value.kind != "name" or value.text not in STATES:
        raise filter_error(
            f"status.state: expected one of {', '.join(STATES)}, unquoted, got {value}"
        )
    return lambda snapshot: snapshot.current.state == value.text


def _id_predicate(path: Token, sign: Token, id_: str) -> Callable[[JobSnapshot], bool]:
    if sign.text != "=":
        raise _bad_operator(path.text, sign, "=")
    kind, name = _IDS[path.text]

    def equal(snapshot: JobSnapshot) -> bool:
        found = snapshot.job.configuration
        return found.type == kind and found.ids.get(name) == id_

    return equal


def _presence_predicate(path: Token, sign: Token, value: Token) -> Callable[[JobSnapshot], bool]:
    if sign.text != ":":
        raise _bad_operator(path.text, sign, ":")
    predicates = _PRESENCE[path.text]
    if value.kind != "name" or value.text not in predicates:
        raise filter_error(f"{path.text}: expected {', '.join(predicates)}, got {value}")
    return predicates[value.text]


def _quoted(value: Token) -> str:
    if value.kind != "string":
        raise filter_error(f"expected a value in double quotes, got {value}")
    return value.text


def _bad_operator(what: str, sign: Token, *allowed: str) -> Exception:
    return filter_error(f"{what}: expected operator {' '.join(allowed)}, got {sign}")
