"""The steps of a product, in the order of its pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tamr_provider.models import FAILED, Configuration
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tamr_provider.models import Job
    from tamr_provider.stackfile.product import Product


_MAX_AHEAD = timedelta(minutes=10)

# The configurations of consecutive phases, for example those after a step.
Phases = tuple[tuple[Configuration, ...], ...]


@dataclass(frozen=True)
class ConflictScope:
    """What works on one data product: its ID, its workflows, and its destinations.

    `destinations` are the legacy and RealTime ones, which are published without the data product.
    Jobs of those and of workflows do not name the data product: only the stack file does.
    """

    id: str = ""
    workflows: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()

    def updated_by(self, configuration: Configuration) -> bool:
        """Whether a job of this configuration updates the data product."""
        return configuration.type == "update" and (
            configuration.id("dataProductId") == self.id != ""
            or configuration.id("workflowId") in self.workflows
        )

    def published_by(self, configuration: Configuration) -> bool:
        """Whether a job of this configuration publishes the data product."""
        if configuration.type != "publish":
            return False
        owner = configuration.id("dataProductId")
        if owner:
            return owner == self.id
        return configuration.id("destinationId") in self.destinations

    def touched_by(self, configuration: Configuration) -> bool:
        """Whether a job of this configuration updates or publishes the data product."""
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
        """Format as `customers: load src_crm`."""
        return f"{self.product}: {self.configuration}"


def pipeline_phases(name: str, product: Product, stack: str = "") -> list[list[Step]]:
    """Return the phases of a product; the steps of one phase run in parallel.

    The not-before of every step is the product's since; `with_not_before` moves it on.
    """
    since = product.not_before
    scope = _conflict_scope(product)
    loads = [Configuration.load(source) for source in product.sources]
    touching = [
        [Configuration.update(product.data_product)] if product.data_product else [],
        *([Configuration.workflow(workflow)] for workflow in product.workflows),
        [
            Configuration.publish(
                target.destination, "" if target.is_sent_alone else product.data_product or ""
            )
            for target in product.publish
        ],
    ]
    first = next((phase for phase in touching if phase), None)
    return [
        [Step(name, job, since, since, scope, phase is first, stack) for job in phase]
        for phase in [loads, *touching]
        if phase
    ]


def phase_configurations(phases: Iterable[Iterable[Step]]) -> Phases:
    """Return the configurations of the steps of some phases."""
    return tuple(tuple(step.configuration for step in phase) for phase in phases)


def describe_phase(phase: Sequence[Step]) -> str:
    """Return a phase that others follow in a few words: `the loads`, `update dp_customers`."""
    return str(phase[0].configuration) if len(phase) == 1 else "the loads"


def pipeline_steps(products: Mapping[str, Product]) -> list[Step]:
    """Return every step of a stack, in order."""
    return [
        step
        for name, product in products.items()
        for phase in pipeline_phases(name, product)
        for step in phase
    ]


def with_not_before(step: Step, finishes: Iterable[datetime]) -> Step:
    """Return the step with its not-before at the latest of the finishes, or its since if later."""
    return replace(step, not_before=max([step.since, *finishes]))


def why_too_early(step: Step, now: datetime) -> str:
    """Return why a step must not wait for its since, "" if it may; `now` is the latest clock.

    A mistyped since would otherwise wait for up to a day. A smaller difference between clocks
    costs only a wait.
    """
    if step.since <= now + _MAX_AHEAD:
        return ""
    clock = format_timestamp(now.replace(microsecond=0))
    counts = f"{step.product}: the version counts from {format_timestamp(step.since)}"
    ahead = f"more than 10 minutes ahead of the tenant's clock ({clock})"
    return f"{counts}, {ahead}. Correct the since, or the clock of the machine that committed it"


def creation_key(job: Job) -> tuple[datetime, str]:
    """Return the sort key of jobs by creation; the job ID breaks a tie."""
    assert job.created_at is not None, "resolved before deciding"  # noqa: S101
    return job.created_at, job.id


def is_recent_enough(job: Job, step: Step) -> bool:
    """Whether a job was created at or after the step's not-before."""
    return job.created_at is not None and job.created_at >= step.not_before


def would_satisfy(job: Job, step: Step) -> bool:
    """Whether a job's success would satisfy the step."""
    return job.configuration == step.configuration and is_recent_enough(job, step)


def has_failed(job: Job, step: Step, retried_at: datetime | None) -> bool:
    """Whether a job would have satisfied the step, and failed after the last retry."""
    is_before = retried_at and job.created_at and job.created_at < retried_at
    return job.outcome == FAILED and would_satisfy(job, step) and not is_before


def _conflict_scope(product: Product) -> ConflictScope:
    alone = tuple(target.destination for target in product.publish if target.is_sent_alone)
    return ConflictScope(product.data_product or "", tuple(product.workflows), alone)
