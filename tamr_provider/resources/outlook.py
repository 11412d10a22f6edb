"""What would happen to a resource now, from one look at the tenant that many resources share."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from tamr_provider.client.jobs import Client
from tamr_provider.client.send import Sender
from tamr_provider.decide import Action, Decision, decide
from tamr_provider.guards import DAY
from tamr_provider.resources import properties
from tamr_provider.view import Scope, View, Viewer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tamr_provider.clock import Clock
    from tamr_provider.settings import Settings
    from tamr_provider.steps import Rules, Step

_FRESH_SECONDS = 60.0  # the resources of a preview come in one burst


class Outlook:
    """Decides for resources of one tenant, in any thread; nothing is ever launched here."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._viewer = Viewer(Client(Sender(settings, clock, threading.Event())), clock)
        self._lock = threading.Lock()
        self._last: tuple[float, Scope, View] | None = None

    def of(self, inputs: Mapping[str, Any]) -> tuple[Decision, View]:
        """Return what would be done for checked inputs, and the view that it rests on.

        The view has the last 24 hours at least. Raises a TamrError where the tenant cannot be
        asked.
        """
        step = properties.read_step(inputs)
        rules = properties.read_rules(inputs, self._settings.slots)
        with self._lock:
            view = self._look(step, rules)
        if None in properties.finishes_of(inputs):
            # In a preview: what it comes after is itself going to run.
            return Decision(Action.LAUNCH, "when the steps before it are done"), view
        return decide(view.jobs, step, view.now, rules), view

    def _look(self, step: Step, rules: Rules) -> View:
        now = self._viewer.time.now()
        scope = _scope(step, rules, now)
        at = self._clock.monotonic()
        if self._last and at - self._last[0] < _FRESH_SECONDS and self._last[1].covers(scope):
            return self._last[2]
        view = self._viewer.look(scope, {step.configuration})
        self._last = (at, scope, view)
        return view


def _scope(step: Step, rules: Rules, now: datetime) -> Scope:
    # Whole days, so that the scopes of resources that come one after the other are the same.
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    ended = day - rules.buffer if step.first and rules.buffer else None
    return Scope(min(step.since, day - DAY), ended)
