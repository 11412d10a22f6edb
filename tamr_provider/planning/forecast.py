"""When jobs would start and end under the slot limit, from their usual durations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Task:
    """A job to launch at or after `release`, or one that runs already (`runs_since`).

    `after` are the indices of the tasks that must end first. None means unknown.
    """

    release: datetime | None
    duration: timedelta | None = None
    after: tuple[int, ...] = ()
    runs_since: datetime | None = None


@dataclass(frozen=True)
class Schedule:
    """The start of each task and the end of all, None if unknown."""

    starts: tuple[datetime | None, ...]
    end: datetime | None


def forecast(tasks: Sequence[Task], now: datetime, free_slots: int) -> Schedule:
    """Simulate the slot queue, longest remaining work first.

    `starts[i]` belongs to `tasks[i]`. If a duration or release is unknown, `end` is None.
    """
    durations = [task.duration for task in tasks if task.duration is not None]
    if len(durations) < len(tasks) or any(task.release is None for task in tasks):
        first = (task.runs_since or (None if task.after else task.release) for task in tasks)
        return Schedule(tuple(first), None)
    return _Simulation(tasks, durations, now, free_slots).run()


class _Simulation:
    """Time moves from one end or release to the next; `free` slots may be negative at first."""

    def __init__(
        self, tasks: Sequence[Task], durations: Sequence[timedelta], now: datetime, free: int
    ) -> None:
        self.tasks = tasks
        self.durations = durations
        self.now = now
        self.free = free
        self.starts: dict[int, datetime] = {}
        self.ends: dict[int, datetime] = {}
        for index, task in enumerate(tasks):
            if task.runs_since is not None:
                self.starts[index] = task.runs_since
                self.ends[index] = max(now, task.runs_since + durations[index])

    def run(self) -> Schedule:
        waiting = [i for i, task in enumerate(self.tasks) if task.runs_since is None]
        waiting.sort(key=self._remaining, reverse=True)
        at: datetime | None = self.now
        while waiting and at is not None:
            self._start_released(waiting, at)
            at = self._next_event(waiting, at)
        end = None if waiting else max(self.ends.values(), default=self.now)
        return Schedule(tuple(self.starts.get(i) for i in range(len(self.tasks))), end)

    def _start_released(self, waiting: list[int], at: datetime) -> None:
        for index in list(waiting):
            released = self._released(index)
            if released is not None and released <= at and self._free_slots(at) > 0:
                waiting.remove(index)
                self.starts[index] = at
                self.ends[index] = at + self.durations[index]

    def _released(self, index: int) -> datetime | None:
        task = self.tasks[index]
        if any(earlier not in self.ends for earlier in task.after):
            return None
        return max([task.release or self.now, *(self.ends[earlier] for earlier in task.after)])

    def _free_slots(self, at: datetime) -> int:
        free = self.free
        for index, end in self.ends.items():
            is_running = self.tasks[index].runs_since is not None
            free += (end <= at) if is_running else -(end > at)
        return free

    def _next_event(self, waiting: list[int], at: datetime) -> datetime | None:
        releases = [self._released(index) for index in waiting]
        times = [*self.ends.values(), *(release for release in releases if release is not None)]
        return min((time for time in times if time > at), default=None)

    def _remaining(self, index: int) -> timedelta:
        """Return the longest path of work from a task on."""
        later = [i for i, task in enumerate(self.tasks) if index in task.after]
        rest = max(map(self._remaining, later), default=timedelta(0))
        return self.durations[index] + rest
