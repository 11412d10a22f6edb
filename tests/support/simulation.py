"""Several runners and people on one tenant, interleaved request by request, from a seed.

Each takes its turns on a thread of its own, but only one of them runs at a time: whenever one
sends a request, has its answer on the way, or waits, the next one is drawn. The same seed gives
the same schedule.
"""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING, Any

from support.fake_clock import FakeClock
from support.schedule_player import SLOTS, Killed, World, products
from tamr_provider.reconciler.stack_run import StackRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx


class Actor:
    """Somebody who takes turns; `wakes_at` is the fake clock's reading it sleeps until."""

    def __init__(self, play: Callable[[], object]) -> None:
        self._play = play
        self.wakes_at, self.over, self.killed = 0.0, False, False
        self.go, self.stopped = threading.Event(), threading.Event()
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        self.go.wait()
        try:
            self._play()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001 - told by the simulation
            self.error = error
        self.over = True
        self.stopped.set()


class SharedClock(FakeClock):
    """A clock whose waits are turns for the others."""

    def __init__(self) -> None:
        super().__init__()
        self.simulation: Simulation | None = None

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if self.simulation is None or self.simulation.on_the_floor() is None:
            return super().wait(event, seconds)
        if not event.is_set():
            self.simulation.pause(self.elapsed + seconds)
        return event.is_set()


class Simulation:
    """One schedule: spawn actors, then `run` until all are over."""

    def __init__(self, seed: int, world: World) -> None:
        self.random, self.world = random.Random(seed), world
        random.seed(seed)  # the jitter of pauses is part of the schedule
        assert isinstance(world.clock, SharedClock)
        self._clock: SharedClock = world.clock
        self._clock.simulation = self
        self._actors: list[Actor] = []
        self._local = threading.local()

    def spawn(self, play: Callable[[], object]) -> Actor:
        actor = Actor(lambda: self.enter(actor, play))
        self._actors.append(actor)
        return actor

    def on_the_floor(self) -> Actor | None:
        """Return the actor that is asking, None if there is none."""
        return getattr(self._local, "actor", None)

    def calm(self) -> None:
        """From now on no actor takes turns: waits pass at once."""
        self._clock.simulation = None

    def runner(self, raw: Mapping[str, Any], results: list[StackRun]) -> Actor:
        """Spawn a runner of a stack."""

        def play() -> None:
            runner = self.world.runner()
            run = StackRun(runner, products(raw), SLOTS, "dev")
            run.start()
            runner.run()
            results.append(run)

        return self.spawn(play)

    def enter(self, actor: Actor, play: Callable[[], object]) -> None:
        """Play as one of the actors, on its own thread."""
        self._local.actor = actor
        play()

    def pause(self, until: float) -> None:
        """Let the others go on; called by an actor, which goes on from `until` at the earliest."""
        actor = self.on_the_floor()
        if actor is None:
            return
        actor.wakes_at = until
        actor.go.clear()
        actor.stopped.set()
        actor.go.wait()
        if actor.killed:
            raise Killed

    def move(self, actor: Actor) -> None:
        """Let an actor go on until it has sent or received something, or sleeps."""
        actor.stopped.clear()
        actor.go.set()
        actor.stopped.wait()

    def run(self, kills: int = 0, steps: int = 200_000) -> None:
        """Draw who goes on until all are over; kill so many of them on the way."""
        for actor in self._actors:
            actor.thread.start()
        doomed = {self.random.randrange(5, 120): None for _ in range(kills)}
        for number in range(steps):
            alive = [actor for actor in self._actors if not actor.over]
            if not alive:
                break
            ready = [actor for actor in alive if actor.wakes_at <= self._clock.elapsed]
            if not ready:
                self._clock.elapsed = min(actor.wakes_at for actor in alive)
                continue
            actor = self.random.choice(ready)
            actor.killed = actor.killed or number in doomed
            self.move(actor)
        else:
            raise AssertionError("the schedule never ended")
        for actor in self._actors:
            if actor.error is not None:
                raise actor.error


class RacyWorld(World):
    """A tenant whose requests take a little time on the way there and back."""

    def __init__(self, seed: int, **options: Any) -> None:
        super().__init__(**options)
        self.simulation = Simulation(seed, self)

    def make_clock(self) -> FakeClock:
        return SharedClock()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self._travel()
        answer = self._serve(request)
        self._travel()
        return answer

    def _serve(self, request: httpx.Request) -> httpx.Response:
        """Answer at the tenant's end, at one moment."""
        return super()._answer(request)

    def _travel(self) -> None:
        self.simulation.pause(self.clock.elapsed + self.simulation.random.uniform(0.001, 0.3))
