"""Options of one emulated tenant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from tamr_provider.emulator.fault_rules import FaultRules

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Unset = Literal["absent", "null", "empty"]
Seed = Literal["month"]

_DEFAULTS = {
    "load": timedelta(minutes=20),
    "update": timedelta(minutes=45),
    "publish": timedelta(minutes=10),
}


@dataclass(frozen=True)
class Options:
    """Durations are in emulated time, by job type; missing types have a default.

    `speed` is emulated seconds per real second. Without `key` any non-empty key is accepted.
    `state` is a file that survives restarts. `seed` fills a new tenant with a month of jobs.
    """

    slots: int = 5
    durations: Mapping[str, timedelta] = field(default_factory=dict)
    pending: timedelta = timedelta(seconds=5)
    stopping: timedelta = timedelta(seconds=2)
    unset: Unset = "absent"
    speed: float = 1
    key: str | None = field(default=None, repr=False)
    fault_rules: FaultRules = field(default_factory=FaultRules)
    state: Path | None = None
    seed: Seed | None = None

    def duration(self, kind: str) -> timedelta:
        """Return the duration of a job type; fault rules can override it."""
        return self.durations.get(kind, _DEFAULTS[kind])
