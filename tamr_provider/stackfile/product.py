"""A product of the stack file, held to its rules."""

from __future__ import annotations

import math
import shlex
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from tamr_provider.foreigntext import has_unseen, visible
from tamr_provider.freeze import EXAMPLES, Window, read_window
from tamr_provider.stackfile.scalars import Unquoted
from tamr_provider.times import format_moment, parse_moment

# A `since` may be planned for tomorrow; more than this is a mistyped date.
_FUTURE = timedelta(days=1)


def problem(message: str) -> PydanticCustomError:
    """Return an error whose message is already in a person's words."""
    return PydanticCustomError("tamr", "{message}", {"message": message})


def show(value: object) -> str:
    """Return a value as a person would point at it."""
    names = {dict: "a mapping", list: "a list", bool: "true or false", type(None): "nothing"}
    if type(value) in names:
        return f"{value!s:.5}".lower() if isinstance(value, bool) else names[type(value)]
    if isinstance(value, Unquoted):
        return f"{value} (unquoted)"
    return repr(str(value))[:80] if isinstance(value, str) else f"{value} (a number)"[:80]


def _reject(value: object, allowed: str) -> PydanticCustomError:
    return problem(f"found {show(value)}; allowed: {allowed}")


def _id(value: object) -> str:
    if isinstance(value, (Unquoted, float)) and not _is_whole(value):
        raise problem(f"found {value}, which Pulumi would respell; put it in quotes")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(int(value))
    if not isinstance(value, str) or not value.strip():
        raise _reject(value, "an id as text")
    return _seen(value)


def _seen(text: str) -> str:
    if has_unseen(text):
        shown = visible(show(text))
        raise problem(f"found {shown}; allowed: text without control characters")
    return text


def _is_whole(value: object) -> bool:
    # The engine hands every number to the program as a float.
    return isinstance(value, float) and value.is_integer()


def canonical_version(value: object) -> str:
    """Return the one spelling of a version, whichever of its spellings is given."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)) or value == "":
        raise _reject(value, 'a label, for instance "2026-11-20"')
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return str(int(value))
    text = value.engine if isinstance(value, Unquoted) else str(value)
    moment = parse_moment(text)
    if moment is None:
        return _seen(text)
    text = format_moment(moment)
    return text.removesuffix("T00:00:00Z")


def _moment(value: object) -> datetime:
    moment = parse_moment(value) if isinstance(value, str) else None
    if moment is None:
        raise _reject(value, 'a time with its zone, for instance "2026-11-20T09:00:00Z"')
    return moment


def _not_future(value: object, info: ValidationInfo) -> datetime:
    moment = _moment(value)
    check_not_future(moment, (info.context or {}).get("now"))
    return moment


def check_not_future(moment: datetime, now: datetime | None) -> None:
    """Raise where a moment is more than a day ahead of now."""
    if now is not None and moment > now + _FUTURE:
        raise problem(
            f"found {format_moment(moment)}, which is in the future; "
            f"allowed: up to a day from now ({format_moment(now.replace(microsecond=0))})"
        )


def _number(value: object) -> float:
    text = value.engine if isinstance(value, Unquoted) else value
    try:
        number = math.nan if isinstance(text, bool) else float(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise _reject(value, "a number")
    return number


def _not_negative(value: object) -> float:
    number = _number(value)
    if not 0 <= number <= 8760:
        raise _reject(value, "hours, 0 or more (fractions allowed)")
    return number


def _positive(value: object) -> float:
    number = _number(value)
    if not 0 < number <= 100_000:
        raise _reject(value, "a number above 0")
    return number


def _count(value: object) -> int:
    number = _number(value)
    if not number.is_integer() or not 1 <= number <= 9999:
        raise _reject(value, "a whole number, 1 or more")
    return int(number)


def _flag(value: object) -> bool:
    if value is True or value == "true":
        return True
    if value is False or value == "false":
        return False
    raise _reject(value, "true or false")


def _list(value: object) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise _reject(value, "a list with at least one entry")
    return value


def _window(value: object) -> Window:
    if not isinstance(value, str):
        raise _reject(value, EXAMPLES)
    try:
        return read_window(value)
    except ValueError as error:
        raise problem(f"found {show(value)}; {error}") from None


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


def _destination(value: object) -> object:
    return value if isinstance(value, dict) else {"destination": value}


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
    Window, BeforeValidator(_window), _json(type="string", examples=["Fri 16:00 - Mon 08:00 UTC"])
]
Command = Annotated[str, BeforeValidator(_command), _json(type="string", minLength=1)]
Reason = Annotated[str, BeforeValidator(_reason), _json(type="string", minLength=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        validate_default=False,
        arbitrary_types_allowed=True,
    )


class Destination(_Strict):
    """Where a product is published; a legacy or RealTime one is sent without dataProductId."""

    destination: Id = Field(description="the destination's id, or its exact name, spaces included")
    legacy: Flag = Field(
        default=False, description="of a legacy data product: sent without dataProductId"
    )
    real_time: Flag = Field(
        default=False, description="a RealTime destination: sent without dataProductId"
    )

    @property
    def is_sent_alone(self) -> bool:
        """Whether its publish carries no dataProductId; Tamr treats both kinds alike."""
        return self.legacy or self.real_time


Publish = Annotated[Destination, BeforeValidator(_destination)]


class Override(_Strict):
    """Why one version may pass `freeze` and `promoteFrom`; later versions may not."""

    version: Version = Field(description="the version that may pass, as in the product")
    reason: Reason = Field(description="why, for the reviewer")


class Product(_Strict):
    """A data product's pipeline and the version that the environment should hold."""

    version: Version = Field(description="the desired dataset version: any label")
    since: Moment | None = Field(
        default=None,
        description="since when data counts as new enough; default: the commit of the version",
    )
    sources: Annotated[list[Id], BeforeValidator(_list)] = Field(
        default=[], description="sources to load, side by side"
    )
    data_product: Id | None = Field(default=None, description="the data product to update")
    workflows: Annotated[list[Id], BeforeValidator(_list)] = Field(
        default=[], description="RealTime workflows to run after the update, in order"
    )
    publish: Annotated[list[Publish], BeforeValidator(_list)] = Field(
        default=[], description="destinations to publish to, side by side"
    )
    retried_at: Moment | None = Field(
        default=None, description="failures and stops before it are forgiven"
    )
    min_hours_between: Hours = Field(
        default=0, description="buffer between two runs of this data product"
    )
    max_attempts: Count = Field(
        default=3, description="failed jobs since `since` before a person is asked"
    )
    timeout_hours: Positive = Field(default=12, description="how long one runner waits for one job")
    trust_days: Positive = Field(
        default=30, description="how far back the tenant's list of jobs is complete"
    )

    freeze: Annotated[list[Freeze], BeforeValidator(_list)] = Field(
        default=[], description="windows in which nothing is launched, weekly or once"
    )
    promote_from: Id | None = Field(
        default=None, description="the stack that has to hold a version before this one may"
    )
    override: Override | None = Field(
        default=None, description="lets one version pass `freeze` and `promoteFrom`"
    )
    pinned: Version | None = Field(
        default=None, description="written by a rollback: `tamr promote` leaves this version alone"
    )
    verify: Command | None = Field(
        default=None, description="a check that has to pass before this version is promoted"
    )

    _since_origin: str = PrivateAttr(default="")

    @property
    def overridden(self) -> bool:
        """Whether the override is for the version that is wanted."""
        return self.override is not None and self.override.version == self.version

    @property
    def is_pinned(self) -> bool:
        """Whether the wanted version is one that was rolled back to."""
        return self.pinned == self.version

    def counting_from(self, moment: datetime | None, origin: str = "") -> Product:
        """Return the product with the moment that its version counts from.

        `origin` is one of the words of `Since.known_by`.
        """
        counted = self.model_copy(update={"since": moment})
        counted._since_origin = origin  # noqa: SLF001 - of its own class
        return counted

    @property
    def since_origin(self) -> str:
        """How `since` was found, empty where it is the product's own."""
        return self._since_origin

    @property
    def not_before(self) -> datetime:
        """The moment that the version counts from: since, else the date that the version is."""
        moment = self.since or parse_moment(self.version)
        assert moment is not None, "set by counting_from"  # noqa: S101
        return moment
