"""Strict reading of a JSON object: unknown keys are errors, and all problems are collected.

The readers take a JSON value and raise ValueError with the expected value.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tamr_provider.emulator.duration import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta


class StrictObject:
    """Takes known keys out of a JSON object and collects problems."""

    def __init__(self, data: object, path: str, problems: list[str]) -> None:
        self._path = path
        self._problems = problems
        self._left: dict[str, Any] = dict(data) if isinstance(data, dict) else {}
        self.names = frozenset(self._left)
        if not isinstance(data, dict):
            self._problems.append(f"{path or 'the file'}: expected an object")

    def take(self, key: str, read: Callable[[Any], Any], default: Any = None) -> Any:
        """Return the value of a key, or the default if it is missing or wrong."""
        if key not in self._left:
            return default
        value = self._left.pop(key)
        try:
            return read(value)
        except ValueError as error:
            self.add_problem(key, f"{error}, got {json.dumps(value)}")
            return default

    def items(self, key: str) -> list[tuple[object, str]]:
        """Return the values of a list with their paths."""
        values = self.take(key, read_list, [])
        return [(value, f"{key}[{place}]") for place, value in enumerate(values)]

    def add_problem(self, key: str, problem: str) -> None:
        """Add a problem of a key."""
        self._problems.append(f"{self._path}.{key}: {problem}".lstrip("."))

    def reject_unknown_keys(self) -> None:
        """Add a problem for every key that was not taken."""
        for key in self._left:
            self.add_problem(key, "unknown key")


def read_list(value: object) -> list[object]:
    """Read a list."""
    if not isinstance(value, list):
        raise ValueError("expected a list")  # noqa: TRY004 - the file's value is wrong
    return value


def read_text(value: object) -> str:
    """Read a non-empty string."""
    if not isinstance(value, str) or not value:
        raise ValueError("expected a non-empty string")
    return value


def read_boolean(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise ValueError("expected true or false")  # noqa: TRY004 - the file's value is wrong
    return value


def read_duration(value: object) -> timedelta:
    """Read a duration."""
    if not isinstance(value, str):
        raise ValueError('expected a duration such as "20m"')  # noqa: TRY004
    return parse_duration(value)


def whole_number(minimum: int) -> Callable[[object], int]:
    """Return a reader of whole numbers from `minimum`."""

    def read(value: object) -> int:
        if type(value) is not int or value < minimum:
            raise ValueError(f"expected a whole number from {minimum}")
        return value

    return read


def number(maximum: float) -> Callable[[object], float]:
    """Return a reader of numbers from 0 to `maximum`."""

    def read(value: object) -> float:
        if type(value) not in (int, float) or not 0 <= value <= maximum:  # type: ignore[operator]
            raise ValueError(f"expected a number from 0 to {maximum}")
        return float(value)  # type: ignore[arg-type]

    return read


def one_of(allowed: tuple[Any, ...]) -> Callable[[object], Any]:
    """Return a reader of the allowed values, which have the same type."""

    def read(value: object) -> Any:
        if type(value) is not type(allowed[0]) or value not in allowed:
            raise ValueError(f"expected one of {', '.join(map(str, allowed))}")
        return value

    return read
