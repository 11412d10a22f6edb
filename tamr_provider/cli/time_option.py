"""The type of every option that takes a time or an age."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from tamr_provider.cli.output.printing import say
from tamr_provider.clock import SystemClock
from tamr_provider.timestamps import parse_day, parse_moment

if TYPE_CHECKING:
    _ParamType = click.ParamType[datetime]
else:  # Click 8.1's class takes no type.
    _ParamType = click.ParamType


class TimeType(_ParamType):
    """A time, typed as `2h`, `yesterday`, `2026-11-25` or in RFC 3339.

    A day is the midnight of this machine's zone, so the time is printed with its offset.
    """

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the time. Raises click.BadParameter if the text is none."""
        if isinstance(value, datetime):
            return value
        return self.convert_at(value, SystemClock().now(), param, ctx)

    def convert_at(
        self, value: object, now: datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the time that a text means at `now`."""
        text = str(value)
        try:
            moment = parse_moment(text, now)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if parse_day(text, now) is not None and param is not None:
            say(f"{param.opts[-1]}: {text} is {moment.isoformat()}", err=True)
        return moment


if TYPE_CHECKING:
    _AgeParamType = click.ParamType[timedelta]
else:
    _AgeParamType = click.ParamType


class AgeType(_AgeParamType):
    """How long ago a time is, typed as for `TimeType`; both are of the same moment."""

    name = "age"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return the age. Raises click.BadParameter if the time is ahead, or no time."""
        if isinstance(value, timedelta):
            return value
        now = SystemClock().now()
        age = now - TIME.convert_at(value, now, param, ctx)
        if age < timedelta(0):
            self.fail(f"expected a time in the past, got {value}", param, ctx)
        return age


TIME = TimeType()
AGE = AgeType()
