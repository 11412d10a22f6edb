"""Run functions at the same time, such as one for each tenant."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_Result = TypeVar("_Result")


def run_side_by_side(
    functions: Iterable[Callable[[], _Result]], stop: threading.Event
) -> list[_Result]:
    """Return the results in order, or raise the first error.

    At an error, or an interrupt, `stop` is set and the other threads are abandoned: they are
    daemons, so a process that ends does not wait for them.
    """
    results = [_start(function) for function in functions]
    try:
        return [result.result() for result in results]
    except BaseException:
        stop.set()
        raise


def _start(function: Callable[[], _Result]) -> Future[_Result]:
    result: Future[_Result] = Future()

    def run() -> None:
        try:
            result.set_result(function())
        except BaseException as error:  # noqa: BLE001 - raised again by result.result()
            result.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return result
