"""Rules for the end of jobs and for faulty responses, and the choice of a rule.

Counts (`times`, `nth`) start at zero in every process.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from tamr_provider.emulator.configuration import EmulatedConfiguration
    from tamr_provider.emulator.job import JobError

CALLS = ("create", "get", "list", "stop")
FAULTS = ("lost-before", "lost-after", "delayed", "429", "500", "503", "html", "cut", "garbage")


@dataclass(frozen=True)
class JobRule:
    """The lifecycle of matching jobs; with `refuse` the create returns that status instead."""

    type: str | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    times: int | None = None
    pending: timedelta | None = None
    duration: timedelta | None = None
    outcome: str = "succeeded"
    error: JobError | None = None
    stops_too_late: bool = False
    refuse: int | None = None
    message: str = ""

    def matches(self, configuration: EmulatedConfiguration) -> bool:
        """Return whether type and ids match; those that the rule omits match any value."""
        return self.type in (None, configuration.type) and all(
            configuration.ids.get(name) == value for name, value in self.ids.items()
        )


@dataclass(frozen=True)
class ResponseRule:
    """A fault and its requests; `seconds` is real time, `after` means after the effect."""

    fault: str
    call: str | None = None
    method: str | None = None
    path: str | None = None
    nth: int | None = None
    times: int | None = None
    probability: float | None = None
    seed: int = 0
    seconds: float = 0
    after: bool = False
    status: int = 502
    retry_after: int | None = None

    def matches(self, call: str | None, method: str, path: str) -> bool:
        """Return whether the rule applies to the request."""
        return (
            self.call in (None, call)
            and self.method in (None, method)
            and (self.path is None or fnmatchcase(path, self.path))
        )


@dataclass(frozen=True)
class FaultRules:
    """Rules for jobs and responses; `hidden` slots are in use by unlisted jobs (U10)."""

    jobs: Sequence[JobRule] = ()
    responses: Sequence[ResponseRule] = ()
    hidden: int = 0


class JobRules:
    """Chooses the first matching rule that is not used up. Not thread-safe."""

    def __init__(self, rules: Sequence[JobRule]) -> None:
        self._rules = rules
        self._used: Counter[int] = Counter()

    def choose(self, configuration: EmulatedConfiguration) -> JobRule:
        """Return the rule for a new job, or a rule with the defaults."""
        for number, rule in enumerate(self._rules):
            used_up = rule.times is not None and self._used[number] >= rule.times
            if not used_up and rule.matches(configuration):
                self._used[number] += 1
                return rule
        return JobRule()


class ResponseRules:
    """Chooses the fault of a request. Not thread-safe."""

    def __init__(self, rules: Sequence[ResponseRule]) -> None:
        self._rules = [_CountedRule(rule) for rule in rules]

    def choose(self, call: str | None, method: str, path: str) -> ResponseRule | None:
        """Return the first rule that applies; every matching rule counts the request."""
        matching = [rule for rule in self._rules if rule.rule.matches(call, method, path)]
        due = [rule for rule in matching if rule.count_request()]
        if not due:
            return None
        due[0].used += 1
        return due[0].rule


class _CountedRule:
    def __init__(self, rule: ResponseRule) -> None:
        self.rule = rule
        self.used = 0
        self._seen = 0
        self._random = random.Random(rule.seed)  # noqa: S311 - not a secret

    def count_request(self) -> bool:
        """Count a matching request; return whether the fault is due."""
        rule = self.rule
        self._seen += 1
        is_drawn = rule.probability is None or self._random.random() < rule.probability
        if rule.nth is not None and rule.times is None:
            return self._seen == rule.nth
        is_left = rule.times is None or self.used < rule.times
        return is_drawn and is_left and self._seen >= (rule.nth or 1)
