"""The values of a stack file, each read and refused by one function, whoever gives it.

In a step that a program declares (`context["is_declared"]`) nothing was respelled by the engine, so
an id has to be a text there, and a number no text.
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
from tamr_provider.stackfile.freeze_window import EXAMPLES, FreezeWindow, read_window
from tamr_provider.stackfile.pulumi_yaml import UnquotedScalar
from tamr_provider.timestamps import format_timestamp, parse_timestamp

# A `since` may be planned for tomorrow; more than this is a mistyped date.
_FUTURE = timedelta(days=1)


def problem(message: str) -> PydanticCustomError:
    """Return an error whose message is already in a person's words."""
    return PydanticCustomError("tamr", "{message}", {"message": message})


def describe_value(value: object) -> str:
    """Return a value as a person would point at it."""
    names = {dict: "a mapping", list: "a list", bool: "true or false", type(None): "nothing"}
    if type(value) in names:
        return f"{value!s:.5}".lower() if isinstance(value, bool) else names[type(value)]
    if isinstance(value, UnquotedScalar):
        return f"{value} (unquoted)"
    return repr(str(value))[:80] if isinstance(value, str) else f"{value} (a number)"[:80]


def _reject(value: object, allowed: str) -> PydanticCustomError:
    return problem(f"found {describe_value(value)}; allowed: {allowed}")


def _is_declared(info: ValidationInfo) -> bool:
    return bool((info.context or {}).get("is_declared"))


def _id(value: object, info: ValidationInfo) -> str:
    if _is_declared(info) and not isinstance(value, str):
        raise _reject(value, "an id as text")
    if isinstance(value, (UnquotedScalar, float)) and not _is_whole(value):
        raise problem(f"found {value}, which Pulumi would respell; put it in quotes")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(int(value))
    if not isinstance(value, str) or not value.strip():
        raise _reject(value, "an id as text")
    return _seen(value)


def _seen(text: str) -> str:
    if has_unseen(text):
        shown = visible(describe_value(text))
        raise problem(f"found {shown}; allowed: text without control characters")
    return text


def _is_whole(value: object) -> bool:
    # The engine hands every number to the program as a float.
    return isinstance(value, float) and value.is_integer()


def canonical_version(value: object) -> str:
    """Return the one spelling of a version, whichever of its spellings is given."""
    if (
        isinstance(value, bool)
        or not isinstance(value, (str, int, float))
        or not str(value).strip()
    ):
        raise _reject(value, 'a label, for instance "2026-11-20"')
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return str(int(value))
    text = value.engine if isinstance(value, UnquotedScalar) else str(value)
    moment = parse_timestamp(text)
    if moment is None:
        return _seen(text)
    text = format_timestamp(moment)
    return text.removesuffix("T00:00:00Z")


def read_moment(value: object) -> datetime:
    """Return a moment of any spelling that has a zone. Raises an error for anything else."""
    moment = parse_timestamp(value) if isinstance(value, str) else None
    if moment is None:
        raise _reject(value, 'a time with its zone, for instance "2026-11-20T09:00:00Z"')
    return moment


def _not_future(value: object, info: ValidationInfo) -> datetime:
    moment = read_moment(value)
    check_not_future(moment, (info.context or {}).get("now"))
    return moment


def check_not_future(moment: datetime, now: datetime | None) -> None:
    """Raise where a moment is more than a day ahead of now."""
    if now is not None and moment > now + _FUTURE:
        raise problem(
            f"found {format_timestamp(moment)}, which is in the future; "
            f"allowed: up to a day from now ({format_timestamp(now.replace(microsecond=0))})"
        )


def _number(value: object, info: ValidationInfo) -> float:
    text = value.engine if isinstance(value, UnquotedScalar) else value
    if _is_declared(info) and isinstance(value, str):
        text = math.nan
    try:
        number = math.nan if isinstance(text, bool) else float(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise _reject(value, "a number")
    return number


def _not_negative(value: object, info: ValidationInfo) -> float:
    number = _number(value, info)
    if not 0 <= number <= 8760:
        raise _reject(value, "hours, 0 or more (fractions allowed), at most 8760")
    return number


def _positive(value: object, info: ValidationInfo) -> float:
    number = _number(value, info)
    if not 0 < number <= 100_000:
        raise _reject(value, "a number above 0, at most 100000")
    return number


def _count(value: object, info: ValidationInfo) -> int:
    number = _number(value, info)
    if not number.is_integer() or not 1 <= number <= 9999:
        raise _reject(value, "a whole number, 1 or more, at most 9999")
    return int(number)


def _flag(value: object) -> bool:
    if value is True or value == "true":
        return True
    if value is False or value == "false":
        return False
    raise _reject(value, "true or false")


def non_empty_list(value: object) -> list[Any]:
    """Return a list that has entries. Raises an error for anything else."""
    if not isinstance(value, list) or not value:
        raise _reject(value, "a list with at least one entry")
    return value


def _window(value: object) -> FreezeWindow:
    if not isinstance(value, str):
        raise _reject(value, EXAMPLES)
    try:
        return read_window(value)
    except ValueError as error:
        raise problem(f"found {describe_value(value)}; {error}") from None


def _command(value: object) -> str:
    try:
        words = shlex.split(value) if isinstance(value, str) else []
    except ValueError:
        words = []
    if not words:
        raise _reject(value, 'a command, for instance "python checks/customers.py"')
    return str(value)


def _reason(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _reject(value, "why, in words")
    return value.strip()


def _json(**schema: object) -> WithJsonSchema:
    return WithJsonSchema(dict(schema))


_NUMERIC = r"^\d+(\.\d+)?$"
_POSITIVE = r"^(?=.*[1-9])\d+(\.\d+)?$"
COUNT = r"^[1-9]\d*(\.0+)?$"
Id = Annotated[str, BeforeValidator(_id), _json(type=["string", "integer"], minLength=1)]
Version = Annotated[
    str, BeforeValidator(canonical_version), _json(type=["string", "number"], minLength=1)
]
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
    bool,
    BeforeValidator(_flag),
    _json(anyOf=[{"type": "boolean"}, {"enum": ["true", "false"]}]),
]


Freeze = Annotated[
    FreezeWindow,
    BeforeValidator(_window),
    _json(type="string", examples=["Fri 16:00 - Mon 08:00 UTC"]),
]
Command = Annotated[str, BeforeValidator(_command), _json(type="string", minLength=1)]
Reason = Annotated[str, BeforeValidator(_reason), _json(type="string", minLength=1)]


class Strict(BaseModel):
    """A mapping whose keys are camelCase, and of which no other key is allowed."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        validate_default=False,
        arbitrary_types_allowed=True,
    )
