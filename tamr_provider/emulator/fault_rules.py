"""How jobs end and which responses go wrong: rules, and the choice among them.

Counts (`times`, `nth`) start anew with each process.
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
    """What becomes of the jobs that match; `refuse` is a status that create responses instead."""

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
        """Return whether type and ids are those of the rule; what it leaves out is any."""
        return self.type in (None, configuration.type) and all(
            configuration.ids.get(name) == value for name, value in self.ids.items()
        )


@dataclass(frozen=True)
class ResponseRule:
    """A fault, and the requests that it hits; `seconds` of real time, `after` its effect."""

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
        """Return whether the rule is about this request."""
        return (
            self.call in (None, call)
            and self.method in (None, method)
            and (self.path is None or fnmatchcase(path, self.path))
        )


@dataclass(frozen=True)
class FaultRules:
    """Rules for jobs and for responses, and slots held by jobs that are not listed (U10)."""

    jobs: Sequence[JobRule] = ()
    responses: Sequence[ResponseRule] = ()
    hidden: int = 0


class JobRules:
    """Chooses the first rule that fits and is not used up; call it from one thread at a time."""

    def __init__(self, rules: Sequence[JobRule]) -> None:
        self._rules = rules
        self._used: Counter[int] = Counter()

    def choose(self, configuration: EmulatedConfiguration) -> JobRule:
        """Return the rule for a job about to be created; an empty one where none fits."""
        for number, rule in enumerate(self._rules):
            used_up = rule.times is not None and self._used[number] >= rule.times
            if not used_up and rule.matches(configuration):
                self._used[number] += 1
                return rule
        return JobRule()


class ResponseRules:
    """Chooses the fault of a request; call it from one thread at a time."""

    def __init__(self, rules: Sequence[ResponseRule]) -> None:
        self._rules = [_CountedRule(rule) for rule in rules]

    def choose(self, call: str | None, method: str, path: str) -> ResponseRule | None:
        """Return the first rule that hits; every matching rule counts the request."""
        matching = [rule for rule in self._rules if rule.rule.matches(call, method, path)]
        hits = [each for each in matching if each.hits()]
        if not hits:
            return None
        hits[0].used += 1
        return hits[0].rule


class _CountedRule:
    def __init__(self, rule: ResponseRule) -> None:
        self.rule = rule
        self.used = 0
        self._seen = 0
        self._chance = random.Random(rule.seed)  # noqa: S311 - faults, not secrets

    def hits(self) -> bool:
        rule = self.rule
        self._seen += 1
        lucky = rule.probability is None or self._chance.random() < rule.probability
        if rule.nth is not None and rule.times is None:
            return self._seen == rule.nth
        left = rule.times is None or self.used < rule.times
        return lucky and left and self._seen >= (rule.nth or 1)
