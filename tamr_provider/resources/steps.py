"""Load, Update and Publish: one step each, as a Pulumi program declares it.

The states of all stacks contain the type names. Never change them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import pulumi
from pulumi.dynamic import Resource

from tamr_provider.resources._program import tenant_url, without_stack_trace
from tamr_provider.resources._properties import DEFAULTS
from tamr_provider.resources.provider import JobProvider

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pulumi import Input, Output, ResourceOptions

_OUTPUTS = ("jobId", "outcome", "createdAt", "startedAt", "finishedAt", "adopted", "attempts")
StepT = TypeVar("StepT", bound="StepResource")


class StepResource(Resource):
    """One step. `Load`, `Update` and `Publish` are the three kinds."""

    def __init__(
        self, name: str, properties: Mapping[str, Any], opts: ResourceOptions | None
    ) -> None:
        given = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in properties.items()
            if value is not None and not (_is_plain(value) and value == DEFAULTS.get(name))
        }
        defaults = {"url": tenant_url(), "stack": pulumi.get_stack()}
        unset = dict.fromkeys(("since", *_OUTPUTS))  # A property without a value is an output.
        with without_stack_trace():
            super().__init__(JobProvider(), name, {**unset, **defaults, **given}, opts)

    @classmethod
    def from_properties(
        cls: type[StepT], name: str, properties: Mapping[str, Any], opts: ResourceOptions
    ) -> StepT:
        """Declare a step of a Pipeline, which has properties that no program sets."""
        resource = cls.__new__(cls)
        StepResource.__init__(resource, name, properties, opts)
        return resource

    @property
    def job_id(self) -> Output[str]:
        """ID of the job that satisfies the step."""
        return cast("Output[str]", self.__dict__["jobId"])

    @property
    def finished_at(self) -> Output[str]:
        """When that job finished, RFC 3339: the `after` of later steps."""
        return cast("Output[str]", self.__dict__["finishedAt"])

    @property
    def recorded_since(self) -> Output[str]:
        """Since when the version counts, RFC 3339, as this run found out."""
        return cast("Output[str]", self.__dict__["since"])


class Load(StepResource, module="tamr", name="Load"):
    """Load a source.

    Args:
        name: the resource's name.
        source_id: ID of the source.
        version: the desired dataset version: any label.
        since: when the version begins to count, RFC 3339 with a UTC offset. Default: the version,
            if that is a date.
        url: the tenant's URL. Default: TAMR_URL, else the config `tamr:url`.
        product: the product's name in messages. Default: the stack's name.
        max_attempts: failed jobs after which the step is on hold. Default: 3.
        timeout_hours: hours that one run waits for one job, fractions allowed. Default: 12.
        trust_days: days for which the tenant's list of jobs is complete. Default: 30.
        retried_at: RFC 3339 with a UTC offset. Earlier failures and stops are ignored.
        freeze: windows without launches, such as `Fri 16:00 - Mon 08:00 Europe/Berlin`.
        promote_from: the stack in which the version must be deployed first.
        opts: options of the resource.

    Attributes:
        job_id: ID of the job that satisfies the step.
        finished_at: when that job finished, RFC 3339.

    A failed job or a step on hold ends the update with an error on one line. Invalid arguments end
    the preview, with one line for each.
    """

    def __init__(  # noqa: PLR0913 - One argument for each property.
        self,
        name: str,
        *,
        source_id: Input[str],
        version: Input[str],
        since: Input[str] | None = None,
        url: Input[str] | None = None,
        product: Input[str] | None = None,
        max_attempts: Input[int] | None = None,
        timeout_hours: Input[float] | None = None,
        trust_days: Input[float] | None = None,
        retried_at: Input[str] | None = None,
        freeze: Input[Sequence[Input[str]]] | None = None,
        promote_from: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        properties = {
            "sourceId": source_id,
            "version": version,
            "since": since,
            "url": url,
            "product": product,
            "maxAttempts": max_attempts,
            "timeoutHours": timeout_hours,
            "trustDays": trust_days,
            "retriedAt": retried_at,
            "freeze": freeze,
            "promoteFrom": promote_from,
        }
        super().__init__(name, properties, opts)


class Update(StepResource, module="tamr", name="Update"):
    """Update a data product or run a RealTime workflow, after earlier steps.

    Args:
        name: the resource's name.
        version: the desired dataset version: any label.
        data_product_id: ID of the data product; either this or `workflow_id`.
        workflow_id: ID of the RealTime workflow.
        after: finish times of the earlier steps (`finished_at`).
        data_product: with `workflow_id`, ID of the data product that the workflow changes.
        workflows: IDs of all workflows that change the data product. No two of them run at once.
        destinations: IDs of destinations that publish the data product without its ID.
        first: whether no earlier step changes the data product; `min_hours_between` is for it.
        min_hours_between: hours between two runs of the data product, fractions allowed.

    The other arguments, the attributes and the errors are those of `Load`.
    """

    def __init__(  # noqa: PLR0913 - One argument for each property.
        self,
        name: str,
        *,
        version: Input[str],
        data_product_id: Input[str] | None = None,
        workflow_id: Input[str] | None = None,
        after: Input[Sequence[Input[str]]] | None = None,
        data_product: Input[str] | None = None,
        workflows: Input[Sequence[Input[str]]] | None = None,
        destinations: Input[Sequence[Input[str]]] | None = None,
        first: Input[bool] | None = None,
        min_hours_between: Input[float] | None = None,
        since: Input[str] | None = None,
        url: Input[str] | None = None,
        product: Input[str] | None = None,
        max_attempts: Input[int] | None = None,
        timeout_hours: Input[float] | None = None,
        trust_days: Input[float] | None = None,
        retried_at: Input[str] | None = None,
        freeze: Input[Sequence[Input[str]]] | None = None,
        promote_from: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        properties = {
            "dataProductId": data_product_id,
            "workflowId": workflow_id,
            "after": after,
            "dataProduct": data_product,
            "workflows": workflows,
            "destinations": destinations,
            "first": first,
            "minHoursBetween": min_hours_between,
            "version": version,
            "since": since,
            "url": url,
            "product": product,
            "maxAttempts": max_attempts,
            "timeoutHours": timeout_hours,
            "trustDays": trust_days,
            "retriedAt": retried_at,
            "freeze": freeze,
            "promoteFrom": promote_from,
        }
        super().__init__(name, properties, opts)


class Publish(StepResource, module="tamr", name="Publish"):
    """Publish to a destination, after earlier steps.

    Args:
        name: the resource's name.
        destination_id: ID of the destination.
        version: the desired dataset version: any label.
        data_product_id: ID of the data product, unless it is legacy or the destination is RealTime.
        data_product: in that case, ID of the data product that is published.

    The other arguments are those of `Update` and `Load`, the attributes and errors those of `Load`.
    """

    def __init__(  # noqa: PLR0913 - One argument for each property.
        self,
        name: str,
        *,
        destination_id: Input[str],
        version: Input[str],
        data_product_id: Input[str] | None = None,
        after: Input[Sequence[Input[str]]] | None = None,
        data_product: Input[str] | None = None,
        workflows: Input[Sequence[Input[str]]] | None = None,
        destinations: Input[Sequence[Input[str]]] | None = None,
        first: Input[bool] | None = None,
        min_hours_between: Input[float] | None = None,
        since: Input[str] | None = None,
        url: Input[str] | None = None,
        product: Input[str] | None = None,
        max_attempts: Input[int] | None = None,
        timeout_hours: Input[float] | None = None,
        trust_days: Input[float] | None = None,
        retried_at: Input[str] | None = None,
        freeze: Input[Sequence[Input[str]]] | None = None,
        promote_from: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        properties = {
            "destinationId": destination_id,
            "dataProductId": data_product_id,
            "after": after,
            "dataProduct": data_product,
            "workflows": workflows,
            "destinations": destinations,
            "first": first,
            "minHoursBetween": min_hours_between,
            "version": version,
            "since": since,
            "url": url,
            "product": product,
            "maxAttempts": max_attempts,
            "timeoutHours": timeout_hours,
            "trustDays": trust_days,
            "retriedAt": retried_at,
            "freeze": freeze,
            "promoteFrom": promote_from,
        }
        super().__init__(name, properties, opts)


def _is_plain(value: object) -> bool:
    return isinstance(value, (bool, int, float))
