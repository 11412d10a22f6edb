"""Load, Update and Publish: one step each, as a Pulumi program declares it.

The states of all stacks contain the type names. Never change them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pulumi.dynamic import Resource

from tamr_provider.models import Configuration
from tamr_provider.resources._properties import DEFAULTS
from tamr_provider.resources.provider import JobProvider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pulumi import Input, Output, ResourceOptions

    from tamr_provider.decision.steps import Phases

_OUTPUTS = ("jobId", "outcome", "createdAt", "startedAt", "finishedAt", "adopted", "attempts")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The tenant, version, since and rules that the steps of a product share.

    Attributes:
        url: the tenant's URL.
        version: the desired dataset version: any label.
        since: RFC 3339 with a UTC offset. Not needed if the version is a date.
        product: the product's name in messages.
        stack: the stack's name in messages.
        data_product: ID of the data product that the steps change. No two of them run at once.
        workflows: IDs of other workflows that change the data product.
        destinations: IDs of destinations that publish it without its ID.
        retried_at: RFC 3339. Earlier failures and stops are ignored.
        max_attempts: failed jobs after which the step is on hold.
        min_hours_between: hours between two runs of the data product, fractions allowed.
        timeout_hours: hours that one run waits for one job.
        trust_days: days for which the tenant's list of jobs is complete.
        freeze: windows without launches, such as `Fri 16:00 - Mon 08:00 Europe/Berlin`.
        promote_from: the stack in which a version must be deployed first.
        then: configurations of the later phases. The longest remaining work gets a slot first.
        since_from: the `since_origin` of a product.
        after_steps: names of the steps in `after`, in the same order.
    """

    url: str
    version: str
    since: str = ""
    product: str = ""
    stack: str = ""
    data_product: str = ""
    workflows: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    retried_at: str = ""
    max_attempts: int = 3
    min_hours_between: float = 0
    timeout_hours: float = 12
    trust_days: float = 30
    freeze: tuple[str, ...] = ()
    promote_from: str = ""
    then: Phases = ()
    since_from: str = ""
    after_steps: tuple[str, ...] = ()

    def to_properties(self) -> dict[str, Any]:
        """Return the properties that differ from their defaults."""
        optional = {
            "since": self.since,
            "product": self.product,
            "stack": self.stack,
            "dataProduct": self.data_product,
            "workflows": _to_lists(self.workflows),
            "destinations": _to_lists(self.destinations),
            "retriedAt": self.retried_at,
            "freeze": _to_lists(self.freeze),
            "promoteFrom": self.promote_from,
            "sinceFrom": self.since_from,
            "afterSteps": list(self.after_steps),
            "then": _to_lists(self.then),
        }
        rules = {
            "maxAttempts": self.max_attempts,
            "minHoursBetween": self.min_hours_between,
            "timeoutHours": self.timeout_hours,
            "trustDays": self.trust_days,
        }
        return {
            "url": self.url,
            "version": self.version,
            **{name: value for name, value in optional.items() if value},
            **{name: value for name, value in rules.items() if value != DEFAULTS[name]},
        }


def _to_lists(value: object) -> object:
    """Return tuples as lists and configurations as IDs. `check` refuses other values."""
    if isinstance(value, Configuration):
        return dict(value.ids)
    return [_to_lists(entry) for entry in value] if isinstance(value, (tuple, list)) else value


def _without_empty(**ids: Input[str]) -> dict[str, Input[str]]:
    """Return the IDs that are set. `check` refuses wrong combinations."""
    return {name: value for name, value in ids.items() if value is not None and value != ""}


class _StepResource(Resource):
    def __init__(  # noqa: PLR0913 - The arguments of three resources.
        self,
        name: str,
        ids: dict[str, Input[str]],
        wanted: Wanted,
        *,
        after: Sequence[Input[str]] = (),
        first: bool = False,
        opts: ResourceOptions | None,
    ) -> None:
        inputs: dict[str, Any] = {**wanted.to_properties(), **ids}
        if after:
            inputs["after"] = after if isinstance(after, str) else list(after)
        if first:
            inputs["first"] = True
        super().__init__(JobProvider(), name, {**inputs, **dict.fromkeys(_OUTPUTS)}, opts)

    @property
    def job_id(self) -> Output[str]:
        """ID of the job that satisfies the step."""
        return cast("Output[str]", self.__dict__["jobId"])

    @property
    def finished_at(self) -> Output[str]:
        """When that job finished, RFC 3339: the `after` of later steps."""
        return cast("Output[str]", self.__dict__["finishedAt"])


class Load(_StepResource, module="tamr", name="Load"):
    """Load a source.

    Args:
        name: the resource's name.
        source_id: ID of the source.
        wanted: tenant, version, since and rules.
        opts: options of the resource.

    Attributes:
        job_id: ID of the job that satisfies the step.
        finished_at: when that job finished, RFC 3339.

    A failed job or a step on hold ends the update with an error on one line. Invalid arguments end
    the preview, with one line for each.
    """

    def __init__(
        self,
        name: str,
        *,
        source_id: Input[str],
        wanted: Wanted,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, {"sourceId": source_id}, wanted, opts=opts)


class Update(_StepResource, module="tamr", name="Update"):
    """Update a data product or run a RealTime workflow, after earlier steps.

    Args:
        name: the resource's name.
        wanted: tenant, version, since and rules.
        data_product_id: ID of the data product; either this or `workflow_id`.
        workflow_id: ID of the RealTime workflow.
        after: finish times of the earlier steps (`finished_at`).
        first: whether no earlier step changes the data product; `min_hours_between` is for it.
        opts: options of the resource.

    Attributes and errors are those of `Load`.
    """

    def __init__(  # noqa: PLR0913 - One argument for each property.
        self,
        name: str,
        *,
        wanted: Wanted,
        data_product_id: Input[str] = "",
        workflow_id: Input[str] = "",
        after: Sequence[Input[str]] = (),
        first: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        ids = _without_empty(dataProductId=data_product_id, workflowId=workflow_id)
        super().__init__(
            name, ids or {"dataProductId": ""}, wanted, after=after, first=first, opts=opts
        )


class Publish(_StepResource, module="tamr", name="Publish"):
    """Publish to a destination, after earlier steps.

    Args:
        name: the resource's name.
        destination_id: ID of the destination.
        wanted: tenant, version, since and rules.
        data_product_id: ID of the data product, unless it is legacy or the destination is RealTime.
        after: finish times of the earlier steps (`finished_at`).
        first: whether no earlier step changes the data product; `min_hours_between` is for it.
        opts: options of the resource.

    Attributes and errors are those of `Load`.
    """

    def __init__(  # noqa: PLR0913 - One argument for each property.
        self,
        name: str,
        *,
        destination_id: Input[str],
        wanted: Wanted,
        data_product_id: Input[str] = "",
        after: Sequence[Input[str]] = (),
        first: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        ids = {"destinationId": destination_id, **_without_empty(dataProductId=data_product_id)}
        super().__init__(name, ids, wanted, after=after, first=first, opts=opts)
