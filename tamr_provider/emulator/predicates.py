"""The terms of a filter: the documented paths and time functions."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from tamr_provider.emulator.job import STATES, JobSnapshot
from tamr_provider.emulator.timestamps import read_stamp
from tamr_provider.emulator.tokens import Word, bad_filter

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
        "load": lambda look: look.job.configuration.type == "load",
        "update": lambda look: look.job.configuration.type == "update",
        "publish": lambda look: look.job.configuration.type == "publish",
    },
    "status": {"error": lambda look: look.current.error is not None},
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


def time_test(name: Word, sign: Word | None, value: Word | None) -> Callable[[JobSnapshot], bool]:
    """Return the test of a time function, bare or compared. Raises RefusalError."""
    state = _TIMES.get(name.text)
    if state is None:
        raise bad_filter(f"unknown function {name.text}(); there are {', '.join(_TIMES)}")
    if sign is None or value is None:
        return lambda look: look.entered(state) is not None
    order = _ORDERS.get(sign.text)
    if order is None:
        raise _bad_operator(f"{name.text}()", sign, *_ORDERS)
    try:
        limit = read_stamp(_quoted(value))
    except ValueError as error:
        raise bad_filter(str(error)) from None

    def compare(look: JobSnapshot) -> bool:
        moment = look.entered(state)
        return moment is not None and bool(order(moment, limit))

    return compare


def path_test(path: Word, sign: Word, value: Word) -> Callable[[JobSnapshot], bool]:
    """Return the test of a path. Raises RefusalError."""
    if path.text in _IDS:
        return _id_test(path, sign, _quoted(value))
    if path.text in _HAS:
        return _has_test(path, sign, value)
    if path.text not in _PATHS:
        raise bad_filter(f"unknown path {path}; there are {', '.join(_PATHS)}")
    if sign.text not in ("=", "!="):
        raise _bad_operator(path.text, sign, "=", "!=")
    equal = _equality(path, value)
    return equal if sign.text == "=" else lambda look: not equal(look)


def _equality(path: Word, value: Word) -> Callable[[JobSnapshot], bool]:
    if path.text == "job_id":
        wanted = _quoted(value)
        return lambda look: look.job.id == wanted
    if value.kind != "name" or value.text not in STATES:
        raise bad_filter(f"status.state is one of {', '.join(STATES)}, unquoted; found {value}")
    return lambda look: look.current.state == value.text


def _id_test(path: Word, sign: Word, wanted: str) -> Callable[[JobSnapshot], bool]:
    if sign.text != "=":
        raise _bad_operator(path.text, sign, "=")
    kind, name = _IDS[path.text]

    def equal(look: JobSnapshot) -> bool:
        found = look.job.configuration
        return found.type == kind and found.ids.get(name) == wanted

    return equal


def _has_test(path: Word, sign: Word, value: Word) -> Callable[[JobSnapshot], bool]:
    if sign.text != ":":
        raise _bad_operator(path.text, sign, ":")
    tests = _HAS[path.text]
    if value.kind != "name" or value.text not in tests:
        raise bad_filter(f"{path.text}: goes with {', '.join(tests)}; found {value}")
    return tests[value.text]


def _quoted(value: Word) -> str:
    if value.kind != "string":
        raise bad_filter(f"a value in double quotes is needed; found {value}")
    return value.text


def _bad_operator(what: str, sign: Word, *allowed: str) -> Exception:
    return bad_filter(f"{what} goes with {' '.join(allowed)}; found {sign}")
