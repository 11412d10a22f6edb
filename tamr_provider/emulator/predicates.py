"""The terms of a filter: the documented paths and time functions."""

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
_HAS: dict[str, dict[str, Callable[[JobSnapshot], bool]]] = {
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
_ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_PATHS = ("job_id", "status.state", *_IDS, *_HAS)


def time_test(
    name: Token, sign: Token | None, value: Token | None
) -> Callable[[JobSnapshot], bool]:
    """Return the test of a time function, bare or compared. Raises RefusalError."""
    state = _TIMES.get(name.text)
    if state is None:
        raise filter_error(f"unknown function {name.text}(); there are {', '.join(_TIMES)}")
    if sign is None or value is None:
        return lambda snapshot: snapshot.entry_time(state) is not None
    order = _ORDERS.get(sign.text)
    if order is None:
        raise _bad_operator(f"{name.text}()", sign, *_ORDERS)
    try:
        limit = parse_timestamp(_quoted(value))
    except ValueError as error:
        raise filter_error(str(error)) from None

    def compare(snapshot: JobSnapshot) -> bool:
        moment = snapshot.entry_time(state)
        return moment is not None and bool(order(moment, limit))

    return compare


def path_test(path: Token, sign: Token, value: Token) -> Callable[[JobSnapshot], bool]:
    """Return the test of a path. Raises RefusalError."""
    if path.text in _IDS:
        return _id_test(path, sign, _quoted(value))
    if path.text in _HAS:
        return _has_test(path, sign, value)
    if path.text not in _PATHS:
        raise filter_error(f"unknown path {path}; there are {', '.join(_PATHS)}")
    if sign.text not in ("=", "!="):
        raise _bad_operator(path.text, sign, "=", "!=")
    equal = _equality(path, value)
    return equal if sign.text == "=" else lambda snapshot: not equal(snapshot)


def _equality(path: Token, value: Token) -> Callable[[JobSnapshot], bool]:
    if path.text == "job_id":
        wanted = _quoted(value)
        return lambda snapshot: snapshot.job.id == wanted
    if value.kind != "name" or value.text not in STATES:
        raise filter_error(f"status.state is one of {', '.join(STATES)}, unquoted; found {value}")
    return lambda snapshot: snapshot.current.state == value.text


def _id_test(path: Token, sign: Token, wanted: str) -> Callable[[JobSnapshot], bool]:
    if sign.text != "=":
        raise _bad_operator(path.text, sign, "=")
    kind, name = _IDS[path.text]

    def equal(snapshot: JobSnapshot) -> bool:
        found = snapshot.job.configuration
        return found.type == kind and found.ids.get(name) == wanted

    return equal


def _has_test(path: Token, sign: Token, value: Token) -> Callable[[JobSnapshot], bool]:
    if sign.text != ":":
        raise _bad_operator(path.text, sign, ":")
    tests = _HAS[path.text]
    if value.kind != "name" or value.text not in tests:
        raise filter_error(f"{path.text}: goes with {', '.join(tests)}; found {value}")
    return tests[value.text]


def _quoted(value: Token) -> str:
    if value.kind != "string":
        raise filter_error(f"a value in double quotes is needed; found {value}")
    return value.text


def _bad_operator(what: str, sign: Token, *allowed: str) -> Exception:
    return filter_error(f"{what} goes with {' '.join(allowed)}; found {sign}")
