"""Since when a version counts: random histories against the rules as they are written down."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from support.git_histories import NOW, History, clock, git, since, stack, write_product

SECOND = timedelta(seconds=1)
TIMES = [clock(hour) for hour in range(-3, 9)]


@dataclass(frozen=True)
class Made:
    """A commit of a random history; `parents` are places in its list."""

    at: datetime
    version: str
    since: datetime | None
    parents: tuple[int, ...] = ()


@st.composite
def histories(draw: st.DrawFn) -> list[Made]:
    """Draw merges, cherry-picks, reverts and clocks that are hours off, in any order."""
    commits: list[Made] = []
    for place in range(draw(st.integers(1, 9))):
        at = clock(place + draw(st.integers(-3, 3)) + draw(st.integers(0, 59)) / 60)
        parents: tuple[int, ...] = ()
        if place:
            first = draw(st.integers(max(0, place - 3), place - 1))
            second = draw(st.integers(0, place - 1))
            parents = (first,) if second == first or draw(st.booleans()) else (first, second)
        kept = [commits[parent] for parent in parents]
        is_taken_over = draw(st.booleans())
        if kept and is_taken_over:
            source = draw(st.sampled_from(kept))
            commits.append(Made(at, source.version, source.since, parents))
            continue
        version = draw(st.sampled_from(["v1", "v2", "v3"]))
        moment = draw(st.sampled_from([None, *TIMES]))
        commits.append(Made(at, version, moment, parents))
    return commits


@dataclass
class Oracle:
    """The rules, one after the other, with every ancestor asked again: slow and plain."""

    commits: list[Made]
    effective: dict[int, datetime] = field(default_factory=dict)
    own: dict[int, datetime] = field(default_factory=dict)

    def ancestors(self, place: int) -> set[int]:
        found: set[int] = set()
        left = list(self.commits[place].parents)
        while left:
            found.add(parent := left.pop())
            left += self.commits[parent].parents
        return found

    def floor(self, place: int) -> datetime | None:
        version = self.commits[place].version
        others = [p for p in self.ancestors(place) if self.commits[p].version != version]
        return max((self.effective[p] for p in others), default=None)

    def solve(self) -> datetime:
        for place in range(len(self.commits)):
            self.effective[place] = self._effective(place)
        return self.effective[len(self.commits) - 1]

    def _effective(self, place: int) -> datetime:
        made, floor = self.commits[place], self.floor(place)
        parents = [self.commits[parent] for parent in made.parents]
        if not parents:
            return made.since or self._own_time(place)
        if len(parents) == 1 and (parents[0].version, parents[0].since) == (
            made.version,
            made.since,
        ):
            return self.effective[made.parents[0]]
        is_new = made.since is not None and all(made.since != parent.since for parent in parents)
        if is_new and made.since and (floor is None or made.since > floor):
            return made.since
        same = [
            self.effective[parent]
            for parent in made.parents
            if self.commits[parent].version == made.version
        ]
        if same and (floor is None or max(same) > floor):
            return max(same)
        moment = self._own_time(place)
        return moment if floor is None or moment > floor else floor.replace(microsecond=0) + SECOND

    def _own_time(self, place: int) -> datetime:
        """The commit's time, rounded up, never before the changes before it."""
        changes = [p for p in [*self.ancestors(place), place] if p == place or self._changes(p)]
        return max(self.commits[p].at.replace(microsecond=0) + SECOND for p in changes)

    def _changes(self, place: int) -> bool:
        made = self.commits[place]
        pairs = {(self.commits[p].version, self.commits[p].since) for p in made.parents}
        return pairs != {(made.version, made.since)}


def written(folder: Path, commits: list[Made], swapped: bool = False) -> Path:
    history = History()
    marks: list[int] = []
    for made in commits:
        parents = [marks[parent] for parent in made.parents]
        text = stack(write_product(made.version, made.since))
        files = {"stacks/Pulumi.staging.yaml": text}
        marks.append(history.commit(made.at, files, parents[::-1] if swapped else parents))
    return history.write(folder)


@settings(max_examples=120, deadline=None)
@given(histories())
def test_a_random_history_follows_the_rules_as_written(commits: list[Made]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert since(written(Path(folder), commits)) == Oracle(commits).solve()


@settings(max_examples=25, deadline=None)
@given(histories())
def test_the_since_does_not_depend_on_place_time_or_parent_order(commits: list[Made]) -> None:
    """Parents swapped, a clone, unrelated commits on top, a week later."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = written(folder / "one", commits)
        answer = since(one)
        assert since(written(folder / "two", commits, swapped=True)) == answer
        git(folder, "clone", "--quiet", "one", "three")
        assert since(folder / "three") == answer
        (one / "notes.txt").write_text("unrelated")
        git(one, "add", "notes.txt")
        git(one, "commit", "--quiet", "--message", "unrelated")
        assert since(one, NOW + timedelta(days=7)) == answer


@given(histories())
def test_another_version_counts_later_than_all_earlier_ones(commits: list[Made]) -> None:
    """So no job that was created up to the floor ever satisfies it."""
    oracle = Oracle(commits)
    oracle.solve()
    for place, made in enumerate(commits):
        floor = oracle.floor(place)
        assert floor is None or oracle.effective[place] > floor or not made.parents
        for parent in made.parents:
            if commits[parent].version != made.version:
                assert oracle.effective[place] > oracle.effective[parent]
