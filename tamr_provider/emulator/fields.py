"""A JSON object read strictly: known keys only, and everything that is wrong at once.

Each reader below takes a JSON value and raises ValueError with what is allowed instead.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tamr_provider.emulator.duration import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta


class StrictObject:
    """Takes known keys out of a JSON object and collects what is wrong with them."""

    def __init__(self, data: object, path: str, problems: list[str]) -> None:
        self._path, self._problems = path, problems
        self._left: dict[str, Any] = dict(data) if isinstance(data, dict) else {}
        self.names = frozenset(self._left)
        if not isinstance(data, dict):
            self._problems.append(f"{path or 'the file'}: an object is needed")

    def take(self, key: str, read: Callable[[Any], Any], default: Any = None) -> Any:
        """Read a key's value; the default where it is missing or wrong."""
        if key not in self._left:
            return default
        value = self._left.pop(key)
        try:
            return read(value)
        except ValueError as error:
            self.wrong(key, f"{error}; found {json.dumps(value)}")
            return default

    def items(self, key: str) -> list[tuple[object, str]]:
        """Return the values of a list, each with its path."""
        values = self.take(key, items_of, [])
        return [(value, f"{key}[{place}]") for place, value in enumerate(values)]

    def wrong(self, key: str, what: str) -> None:
        """Note a problem with a key."""
        self._problems.append(f"{self._path}.{key}: {what}".lstrip("."))

    def end(self) -> None:
        """Note every key that nobody took."""
        for key in self._left:
            self.wrong(key, "unknown key")


def items_of(value: object) -> list[object]:
    """Read a list."""
    if not isinstance(value, list):
        raise ValueError("a list is needed")  # noqa: TRY004 - the file's value is wrong
    return value


def text(value: object) -> str:
    """Read a text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError("a text is needed")
    return value


def truth(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise ValueError("true or false is needed")  # noqa: TRY004 - the file's value is wrong
    return value


def duration(value: object) -> timedelta:
    """Read a duration."""
    if not isinstance(value, str):
        raise ValueError('a duration like "20m" is needed')  # noqa: TRY004
    return parse_duration(value)


def count(least: int) -> Callable[[object], int]:
    """Return the reader of a whole number, not below `least`."""

    def read(value: object) -> int:
        if type(value) is not int or value < least:
            raise ValueError(f"a whole number from {least} is needed")
        return value

    return read


def number(most: float) -> Callable[[object], float]:
    """Return the reader of a number from 0 to `most`."""

    def read(value: object) -> float:
        if type(value) not in (int, float) or not 0 <= value <= most:  # type: ignore[operator]
            raise ValueError(f"a number from 0 to {most} is needed")
        return float(value)  # type: ignore[arg-type]

    return read


def one_of(allowed: tuple[Any, ...]) -> Callable[[object], Any]:
    """Return the reader of one of some values, all of one type."""

    def read(value: object) -> Any:
        if type(value) is not type(allowed[0]) or value not in allowed:
            raise ValueError(f"one of {', '.join(map(str, allowed))} is needed")
        return value

    return read
