"""The three clocks of a tenant: of the header, of creations, and of what happens to jobs later.

They are set at the wire, on the way out and on the way in, so that neither the emulator nor the
client knows of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from tamr_provider.timestamps import format_timestamp, parse_timestamp

ZERO = timedelta(0)
_COMPARED = re.compile(r'((?:create|start|cancel|stop)_time\(\)) < "([^"]+)"')


@dataclass
class ThreeClocks:
    """How far each clock is ahead of the true time; `has_header` if there is a `Date` at all.

    `wild` replaces the header of so many responses, from the `wild_from`th on. From `steps_at` on
    the clocks are as `stepped` has them.
    """

    header: timedelta = ZERO
    created: timedelta = ZERO
    done: timedelta = ZERO
    has_header: bool = True
    wild: str = ""
    wild_from: int = 1
    wild_times: int = 1_000_000
    responses: int = 0
    steps_at: datetime | None = None
    stepped: ThreeClocks | None = None

    def at(self, moment: datetime) -> ThreeClocks:
        """Return the clocks as they are at a true moment."""
        if self.stepped is None or self.steps_at is None or moment < self.steps_at:
            return self
        return self.stepped

    def date(self, true: str) -> str | None:
        """Return the header that a response carries, None for none."""
        self.responses += 1
        if self.wild and 0 <= self.responses - self.wild_from < self.wild_times:
            return self.wild
        if not self.has_header:
            return None
        moment = parsedate_to_datetime(true)
        shown = moment + self.at(moment).header
        return format_datetime(shown.astimezone(timezone.utc), usegmt=True)

    def asked(self, target: str) -> str:
        """Return a request's target in true time."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if "filter" not in query or self.created == self.done == ZERO:
            return target
        query["filter"] = _COMPARED.sub(self._true_comparison, query["filter"])
        return f"{parts.path}?{urlencode(query, quote_via=quote)}"

    def _true_comparison(self, match: re.Match[str]) -> str:
        moment = parse_timestamp(match[2])
        assert moment is not None
        skew = self.created if match[1].startswith("create") else self.done
        return f'{match[1]} < "{format_timestamp(moment - skew)}"'

    def shown(self, body: Any) -> Any:
        """Return a body with the stamps of its jobs as these clocks set them."""
        if isinstance(body, dict):
            for job in [body, *(body.get("jobs") or [])]:
                for status in [job.get("status"), *(job.get("statusHistory") or [])]:
                    self._stamp(status)
        return body

    def _stamp(self, status: Any) -> None:
        moment = parse_timestamp(str((status or {}).get("stateStartTime") or ""))
        if moment is not None:
            clocks = self.at(moment)
            skew = clocks.created if status["state"] == "PENDING" else clocks.done
            status["stateStartTime"] = format_timestamp(moment + skew)
