"""When jobs would start and end under the slot limit, from how long they usually take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Task:
    """One job to come, or one that runs already (`runs_since`).

    `after` are the indices of the tasks that must have ended. A `release` or `length` of None is
    not known.
    """

    release: datetime | None
    length: timedelta | None
    after: tuple[int, ...] = ()
    runs_since: datetime | None = None


@dataclass(frozen=True)
class Schedule:
    """The start of each task and the end of all, None where it cannot be known."""

    starts: tuple[datetime | None, ...]
    end: datetime | None


def forecast(tasks: Sequence[Task], now: datetime, free_slots: int) -> Schedule:
    """Return the expected schedule, longest remaining work first."""
    lengths = [task.length for task in tasks if task.length is not None]
    if len(lengths) < len(tasks) or any(task.release is None for task in tasks):
        return Schedule(tuple(_start_now(task) for task in tasks), None)
    return _Simulation(tasks, lengths, now, free_slots).run()


def _start_now(task: Task) -> datetime | None:
    return task.runs_since or (None if task.after else task.release)


class _Simulation:
    """Time moves from one end or release to the next; `free` slots may be negative at first."""

    def __init__(
        self, tasks: Sequence[Task], lengths: Sequence[timedelta], now: datetime, free: int
    ) -> None:
        self.tasks, self.lengths, self.now, self.free = tasks, lengths, now, free
        self.starts: dict[int, datetime] = {}
        self.ends: dict[int, datetime] = {}
        for index, task in enumerate(tasks):
            if task.runs_since is not None:
                self.starts[index] = task.runs_since
                self.ends[index] = max(now, task.runs_since + lengths[index])

    def run(self) -> Schedule:
        waiting = [i for i, task in enumerate(self.tasks) if task.runs_since is None]
        waiting.sort(key=self._remaining, reverse=True)
        at: datetime | None = self.now
        while waiting and at is not None:
            self._start_what_can(waiting, at)
            at = self._next_event(waiting, at)
        end = None if waiting else max(self.ends.values(), default=self.now)
        return Schedule(tuple(self.starts.get(i) for i in range(len(self.tasks))), end)

    def _start_what_can(self, waiting: list[int], at: datetime) -> None:
        for index in list(waiting):
            released = self._released(index)
            if released is not None and released <= at and self._room(at) > 0:
                waiting.remove(index)
                self.starts[index], self.ends[index] = at, at + self.lengths[index]

    def _released(self, index: int) -> datetime | None:
        task = self.tasks[index]
        if any(each not in self.ends for each in task.after):
            return None
        return max([task.release or self.now, *(self.ends[each] for each in task.after)])

    def _room(self, at: datetime) -> int:
        room = self.free
        for index, end in self.ends.items():
            adopted = self.tasks[index].runs_since is not None
            room += (end <= at) if adopted else -(end > at)
        return room

    def _next_event(self, waiting: list[int], at: datetime) -> datetime | None:
        releases = [self._released(index) for index in waiting]
        moments = [*self.ends.values(), *(release for release in releases if release is not None)]
        return min((moment for moment in moments if moment > at), default=None)

    def _remaining(self, index: int) -> timedelta:
        """Return the longest path of work from a task on."""
        next_ones = [i for i, task in enumerate(self.tasks) if index in task.after]
        rest = max((self._remaining(next_one) for next_one in next_ones), default=timedelta(0))
        return self.lengths[index] + rest
