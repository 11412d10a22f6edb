"""The steps of a product: what its pipeline wants satisfied, in which order, by which rules."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tamr_provider.models import Configuration
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tamr_provider.stackfile.freeze_window import FreezeWindow
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.step_rules import StepRules


_AHEAD = timedelta(minutes=10)

# What comes behind a step: the configurations of each phase, the phases in order.
Phases = tuple[tuple[Configuration, ...], ...]


@dataclass(frozen=True)
class ConflictScope:
    """What works on one data product: its id, its workflows, and its destinations.

    Only those destinations count that are published without the data product, as legacy and
    RealTime ones are. No job of theirs or of a workflow names the data product, so only the stack
    file knows that they belong to it.
    """

    id: str = ""
    workflows: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()

    def updated_by(self, configuration: Configuration) -> bool:
        """Whether such a job updates this data product."""
        return configuration.type == "update" and (
            configuration.id("dataProductId") == self.id != ""
            or configuration.id("workflowId") in self.workflows
        )

    def published_by(self, configuration: Configuration) -> bool:
        """Whether such a job publishes this data product."""
        if configuration.type != "publish":
            return False
        owner = configuration.id("dataProductId")
        if owner:
            return owner == self.id
        return configuration.id("destinationId") in self.destinations

    def touched_by(self, configuration: Configuration) -> bool:
        """Whether such a job updates or publishes this data product."""
        return self.updated_by(configuration) or self.published_by(configuration)


@dataclass(frozen=True)
class Step:
    """One configuration that a stack wants satisfied.

    `first` if no step before it touches the data product; `stack` is for messages only.
    """

    product: str
    configuration: Configuration
    since: datetime
    not_before: datetime
    data_product: ConflictScope = field(default_factory=ConflictScope)
    first: bool = False
    stack: str = ""

    def __str__(self) -> str:
        """Name it as messages do."""
        return f"{self.product}: {self.configuration}"


@dataclass(frozen=True)
class LaunchPolicy:
    """A product's rules, and what the tenant's slots allow at this moment.

    `timeout` is how long one runner waits for one job: for the runner, not for the decision.
    `ahead` counts this runner's own steps that go first; `busy_until` is set after an answer 429;
    `in_doubt_until` while a POST whose answer was lost may still take effect. `refused` says why
    this version may not run here, empty where it may. `uncertainty` is by how much a new job's
    creation may be before now, `withdrawn` are the jobs that this runner stopped.
    """

    max_attempts: int = 3
    trust: timedelta = timedelta(days=30)
    buffer: timedelta = timedelta(0)
    retried_at: datetime | None = None
    slots: int = 5
    timeout: timedelta = timedelta(hours=12)
    ahead: int = 0
    busy_until: datetime | None = None
    in_doubt_until: datetime | None = None
    freeze: tuple[FreezeWindow, ...] = ()
    refused: str = ""
    uncertainty: timedelta = timedelta(0)
    withdrawn: frozenset[str] = frozenset()


def pipeline_phases(name: str, product: Product, stack: str = "") -> list[list[Step]]:
    """Return the product's steps: a phase's steps run side by side, the phases in order.

    Each step's not-before is the product's since; `after` moves it on.
    """
    since, owner = product.not_before, _data_product(product)
    loads = [Configuration.load(source) for source in product.sources]
    touching = [
        [Configuration.update(product.data_product)] if product.data_product else [],
        *([Configuration.workflow(workflow)] for workflow in product.workflows),
        [
            Configuration.publish(
                each.destination, "" if each.is_sent_alone else product.data_product or ""
            )
            for each in product.publish
        ],
    ]
    plain = [
        [Step(name, each, since, since, owner, stack=stack) for each in part]
        for part in [loads, *touching]
    ]
    rest = [part for part in plain[1:] if part]
    first = [[replace(each, first=True) for each in part] for part in rest[:1]]
    return [part for part in [plain[0], *first, *rest[1:]] if part]


def phase_configurations(parts: Iterable[Iterable[Step]]) -> Phases:
    """Return what the steps of some phases do."""
    return tuple(tuple(each.configuration for each in part) for part in parts)


def pipeline_steps(products: Mapping[str, Product]) -> list[Step]:
    """Return every step of a stack, in order."""
    parts = (part for name, each in products.items() for part in pipeline_phases(name, each))
    return [step for part in parts for step in part]


def with_not_before(step: Step, finishes: Iterable[datetime]) -> Step:
    """Return the step with its not-before at the latest of the finishes, or its since if later."""
    return replace(step, not_before=max([step.since, *finishes]))


def why_too_early(step: Step, now: datetime) -> str:
    """Return why a step must not run yet at all, empty if it may; `now` is the latest clock.

    A mistyped time would otherwise wait for a day. What is less ahead is a clock's difference, and
    what only one clock says is that clock's error: both cost a wait.
    """
    if step.since <= now + _AHEAD:
        return ""
    clock = format_timestamp(now.replace(microsecond=0))
    counts = f"{step.product}: the version counts from {format_timestamp(step.since)}"
    ahead = f"more than 10 minutes ahead of the tenant's clock ({clock})"
    return f"{counts}, {ahead}. Correct the since, or the clock of the machine that committed it"


def launch_policy_of(rules: StepRules, slots: int) -> LaunchPolicy:
    """Return the launch policy of a product or step on a tenant with so many slots."""
    return LaunchPolicy(
        max_attempts=rules.max_attempts,
        trust=timedelta(days=rules.trust_days),
        buffer=timedelta(hours=rules.min_hours_between),
        retried_at=rules.retried_at,
        timeout=timedelta(hours=rules.timeout_hours),
        slots=slots,
        freeze=rules.effective_freeze,
    )


def _data_product(product: Product) -> ConflictScope:
    alone = tuple(each.destination for each in product.publish if each.is_sent_alone)
    return ConflictScope(product.data_product or "", tuple(product.workflows), alone)
