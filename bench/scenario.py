"""What is run: pipelines, how long their jobs take, and what others do meanwhile; from a seed."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from typing import Any

MINUTE = 60.0
SINCE = "2026-11-20T11:00:00Z"
_TYPICAL = {"load": 15 * MINUTE, "update": 35 * MINUTE, "publish": 8 * MINUTE}
_APART, _SPREAD = 0.35, 0.25  # of the logarithms: from one configuration to the next, run to run
_EARLIER_RUNS = 8


@dataclass(frozen=True)
class Job:
    """One configuration: how long it takes this time and took before, in seconds."""

    type: str
    ids: dict[str, str]
    seconds: float
    earlier: tuple[float, ...] = ()

    @property
    def configuration(self) -> dict[str, dict[str, str]]:
        return {self.type: self.ids}


@dataclass(frozen=True)
class Pipeline:
    """Loads side by side, an update, publishes side by side."""

    name: str
    loads: tuple[Job, ...]
    update: Job
    publishes: tuple[Job, ...]

    def product(self) -> dict[str, Any]:
        """Return it as the stack file spells it."""
        return {
            "version": "2026-11-20",
            "since": SINCE,
            "sources": [load.ids["sourceId"] for load in self.loads],
            "dataProduct": self.update.ids["dataProductId"],
            "publish": [entry.ids["destinationId"] for entry in self.publishes],
            "trustDays": 36500,
        }


@dataclass(frozen=True)
class Scenario:
    """`others` are jobs of somebody else that hold a slot from the start, in seconds."""

    pipelines: tuple[Pipeline, ...]
    others: tuple[Job, ...] = ()
    slots: int = 5

    @property
    def jobs(self) -> list[Job]:
        """Every configuration once, shared ones too."""
        found: dict[str, Job] = {}
        for pipeline in self.pipelines:
            for job in (*pipeline.loads, pipeline.update, *pipeline.publishes):
                found.setdefault(str(job.configuration), job)
        return list(found.values())

    def products(self) -> dict[str, dict[str, Any]]:
        return {pipeline.name: pipeline.product() for pipeline in self.pipelines}


@dataclass
class _Chance:
    seed: int
    made: dict[str, Job] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def job(self, type_: str, **ids: str) -> Job:
        """Return a job; the same ids are the same job."""
        key = f"{type_} {ids}"
        if key not in self.made:
            usual = _TYPICAL[type_] * math.exp(self._random.gauss(0, _APART))
            runs = [
                usual * math.exp(self._random.gauss(0, _SPREAD)) for _ in range(1 + _EARLIER_RUNS)
            ]
            self.made[key] = Job(type_, ids, runs[0], tuple(runs[1:]))
        return self.made[key]


def scenario_a(seed: int, products: int = 12) -> Scenario:
    """Twelve products of 2 loads, 1 update, 2 publishes; every fourth shares a source.

    Two of the five slots are held by others for the first 90 minutes.
    """
    chance = _Chance(seed)
    pipelines = []
    for number in range(products):
        owner = f"dp_{number:02}"
        first = f"src_shared_{number // 8}" if number % 4 == 0 else f"src_{number:02}_a"
        pipelines.append(
            Pipeline(
                name=f"product{number:02}",
                loads=(
                    chance.job("load", sourceId=first),
                    chance.job("load", sourceId=f"src_{number:02}_b"),
                ),
                update=chance.job("update", dataProductId=owner),
                publishes=tuple(
                    chance.job("publish", destinationId=f"{owner} {end}", dataProductId=owner)
                    for end in ("golden", "mapping")
                ),
            )
        )
    held = tuple(Job("load", {"sourceId": f"other_{n}"}, 90 * MINUTE) for n in range(2))
    return Scenario(tuple(pipelines), held)


def scenario_b(seed: int) -> Scenario:
    """One product whose update takes four hours."""
    chance = _Chance(seed)
    update = Job("update", {"dataProductId": "dp"}, 240 * MINUTE, (230 * MINUTE, 240 * MINUTE) * 4)
    loads = (chance.job("load", sourceId="src"),)
    publishes = (chance.job("publish", destinationId="golden", dataProductId="dp"),)
    return Scenario((Pipeline("customers", loads, update, publishes),))
