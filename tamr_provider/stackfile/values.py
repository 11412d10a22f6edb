"""The values of a stack file: one validator for each kind, for every way in.

The engine does not respell the properties of a step that a program declares
(`context["is_declared"]`), so an ID must be text there, and a number must not be text.
"""

from __future__ import annotations

import math
import shlex
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from tamr_provider.foreign_text import has_unseen, visible
from tamr_provider.stackfile.freeze_window import (
    EXAMPLES,
    WINDOW_PATTERN,
    FreezeWindow,
    parse_window,
)
from tamr_provider.stackfile.pulumi_yaml import UnquotedFloat, UnquotedScalar
from tamr_provider.timestamps import format_timestamp, parse_timestamp

EXAMPLE_TIME = 'a time with its UTC offset, for example "2026-11-20T09:00:00Z"'
_MAX_AHEAD = timedelta(days=1)  # A `since` may be planned for tomorrow. A later one is a typo.


def make_error(message: str) -> PydanticCustomError:
    """Return a validation error whose message is complete."""
    return PydanticCustomError("tamr", "{message}", {"message": message})


def describe_value(value: object) -> str:
    """Return a value as messages show it, at most about 80 characters."""
    names = {dict: "a mapping", list: "a list", bool: "true or false", type(None): "nothing"}
    if type(value) in names:
        return f"{value!s:.5}".lower() if isinstance(value, bool) else names[type(value)]
    if isinstance(value, UnquotedScalar):
        return f"{value} (unquoted)"
    return repr(str(value))[:80] if isinstance(value, str) else f"{value} (a number)"[:80]


def _mismatch(value: object, expected: str) -> PydanticCustomError:
    return make_error(f"expected {expected}, got {describe_value(value)}")


def _is_declared(info: ValidationInfo) -> bool:
    return bool((info.context or {}).get("is_declared"))


def _id(value: object, info: ValidationInfo) -> str:
    if _is_declared(info) and not isinstance(value, str):
        raise _mismatch(value, "an ID as text")
    # The engine passes every number to the program as a float.
    is_whole = isinstance(value, float) and value.is_integer()
    if isinstance(value, (UnquotedScalar, float)) and not is_whole:
        raise make_error(f"Pulumi rewrites unquoted {value}. Quote it.")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(int(value))
    if not isinstance(value, str) or not value.strip():
        raise _mismatch(value, "an ID as text")
    return _refuse_control_characters(value)


def _refuse_control_characters(text: str) -> str:
    if has_unseen(text):
        shown = visible(describe_value(text))
        raise make_error(f"expected text without control characters, got {shown}")
    return text


def canonical_version(value: object) -> str:
    """Return a version in its canonical spelling. Raises PydanticCustomError if it is none."""
    if (
        isinstance(value, bool)
        or not isinstance(value, (str, int, float))
        or not str(value).strip()
    ):
        raise _mismatch(value, 'a label, for example "2026-11-20"')
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return str(int(value))
    text = value.engine if isinstance(value, UnquotedScalar) else str(value)
    moment = parse_timestamp(text)
    if moment is None:
        return _refuse_control_characters(text)
    return format_timestamp(moment).removesuffix("T00:00:00Z")


def _version(value: object) -> str:
    # A revision in git may have such a version, so only a file that is to run is refused.
    if isinstance(value, UnquotedFloat) and str(value) != value.engine:
        raise make_error(
            f"expected a label in quotes, got {value}, which Pulumi reads as {value.engine}. Write "
            f'"{value}" or "{value.engine}".'
        )
    return canonical_version(value)


def parse_time(value: object) -> datetime:
    """Return a timestamp. Raises PydanticCustomError if `value` is none or has no UTC offset."""
    moment = parse_timestamp(value) if isinstance(value, str) else None
    if moment is None:
        raise _mismatch(value, EXAMPLE_TIME)
    return moment


def _not_future(value: object, info: ValidationInfo) -> datetime:
    moment = parse_time(value)
    now = (info.context or {}).get("now")
    if now is not None and moment > now + _MAX_AHEAD:
        clock = format_timestamp(now.replace(microsecond=0))
        raise make_error(
            f"expected at most a day after now ({clock}), got {format_timestamp(moment)}, "
            "which is in the future"
        )
    return moment


def _number(value: object, info: ValidationInfo) -> float:
    text = value.engine if isinstance(value, UnquotedScalar) else value
    if _is_declared(info) and isinstance(value, str):
        text = math.nan
    try:
        number = math.nan if isinstance(text, bool) else float(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise _mismatch(value, "a number")
    return number


def _not_negative(value: object, info: ValidationInfo) -> float:
    number = _number(value, info)
    if not 0 <= number <= 8760:
        raise _mismatch(value, "hours, 0 or more (fractions allowed), at most 8760")
    return number


def _positive(value: object, info: ValidationInfo) -> float:
    number = _number(value, info)
    if not 0 < number <= 100_000:
        raise _mismatch(value, "a number above 0, at most 100000")
    return number


def _count(value: object, info: ValidationInfo) -> int:
    number = _number(value, info)
    if not number.is_integer() or not 1 <= number <= 9999:
        raise _mismatch(value, "a whole number, 1 or more, at most 9999")
    return int(number)


def _flag(value: object) -> bool:
    if value is True or value == "true":
        return True
    if value is False or value == "false":
        return False
    raise _mismatch(value, "true or false")


def non_empty_list(value: object) -> list[Any]:
    """Return a list with entries. Raises PydanticCustomError if `value` is not one."""
    if not isinstance(value, list) or not value:
        raise _mismatch(value, "a list with at least one entry")
    return value


def _window(value: object) -> FreezeWindow:
    if not isinstance(value, str):
        raise _mismatch(value, EXAMPLES)
    try:
        return parse_window(value)
    except ValueError as error:
        raise make_error(str(error)) from None


def _command(value: object) -> str:
    try:
        words = shlex.split(value) if isinstance(value, str) else []
    except ValueError:
        words = []
    if not words:
        raise _mismatch(value, 'a command, for example "python checks/customers.py"')
    return str(value)


def _reason(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _mismatch(value, "a reason in words")
    return value.strip()


def _json(**schema: object) -> WithJsonSchema:
    return WithJsonSchema(schema)


_NUMERIC = r"^\d+(\.\d+)?$"
_POSITIVE = r"^(?=.*[1-9])\d+(\.\d+)?$"
COUNT = r"^[1-9]\d*(\.0+)?$"
Id = Annotated[str, BeforeValidator(_id), _json(type=["string", "integer"], minLength=1)]
Version = Annotated[str, BeforeValidator(_version), _json(type=["string", "number"], minLength=1)]
Moment = Annotated[datetime, BeforeValidator(_not_future), _json(type="string")]
Hours = Annotated[
    float,
    BeforeValidator(_not_negative),
    _json(anyOf=[{"type": "number", "minimum": 0}, {"type": "string", "pattern": _NUMERIC}]),
]
Positive = Annotated[
    float,
    BeforeValidator(_positive),
    _json(
        anyOf=[{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": _POSITIVE}]
    ),
]
Count = Annotated[
    int,
    BeforeValidator(_count),
    _json(anyOf=[{"type": "integer", "minimum": 1}, {"type": "string", "pattern": COUNT}]),
]
Flag = Annotated[
    bool, BeforeValidator(_flag), _json(anyOf=[{"type": "boolean"}, {"enum": ["true", "false"]}])
]
Freeze = Annotated[
    FreezeWindow,
    BeforeValidator(_window),
    _json(
        type="string",
        title="Freeze window",
        description=(
            "DAY HH:MM - DAY HH:MM ZONE, weekly, or the same with two dates, once; then, if you "
            "like, a colon and the reason. DAY is mon to sun, ZONE an IANA time zone"
        ),
        pattern=WINDOW_PATTERN,
        examples=[
            "Fri 16:00 - Mon 08:00 Europe/Berlin",
            "2026-12-18 16:00 - 2027-01-04 08:00 UTC: end of the year",
        ],
    ),
]
Command = Annotated[str, BeforeValidator(_command), _json(type="string", minLength=1)]
Reason = Annotated[str, BeforeValidator(_reason), _json(type="string", minLength=1)]


class StrictObject(BaseModel):
    """A mapping with camelCase keys that refuses unknown ones."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        validate_default=False,
        arbitrary_types_allowed=True,
    )
