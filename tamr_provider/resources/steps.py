"""Load, Update and Publish: one step each, as a Pulumi program declares it.

The type names are written into every stack's state and are fixed for ever.
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


@dataclass(frozen=True)
class Wanted:
    """What every step of a product shares: tenant, version, since and rules.

    `since` is RFC 3339 with a zone. `data_product`, `workflows` and `destinations` name what else
    works on the same data product, so that no two of them run at once. `then` are the phases
    behind the step: where slots are short, the longest remaining work goes first. `since_from` is
    the `since_origin` of the product. `after_steps` names the steps of `after` that belong to the
    product, in its order.
    """

    url: str
    version: str
    since: str
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

    def properties(self) -> dict[str, Any]:
        """Return the properties, without those that are at their default."""
        named = {
            "product": self.product,
            "stack": self.stack,
            "dataProduct": self.data_product,
            "workflows": _listed(self.workflows),
            "destinations": _listed(self.destinations),
            "retriedAt": self.retried_at,
            "freeze": _listed(self.freeze),
            "promoteFrom": self.promote_from,
            "sinceFrom": self.since_from,
            "afterSteps": list(self.after_steps),
            "then": _listed(self.then),
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
            **({"since": self.since} if self.since else {}),
            **{key: value for key, value in named.items() if value},
            **{key: value for key, value in rules.items() if value != DEFAULTS[key]},
        }


def _listed(value: object) -> object:
    """Return tuples as lists and configurations as their ids; the check refuses what is neither."""
    if isinstance(value, Configuration):
        return dict(value.ids)
    return [_listed(entry) for entry in value] if isinstance(value, (tuple, list)) else value


def _given(**ids: Input[str]) -> dict[str, Input[str]]:
    """Return the ids that are not left out; the check refuses what does not go together."""
    return {name: value for name, value in ids.items() if value is not None and value != ""}


class _StepResource(Resource):
    def __init__(  # noqa: PLR0913, PLR0917 - one place for three constructors
        self,
        name: str,
        ids: dict[str, Input[str]],
        wanted: Wanted,
        after: Sequence[Input[str]],
        first: bool,
        opts: ResourceOptions | None,
    ) -> None:
        inputs: dict[str, Any] = {**wanted.properties(), **ids}
        if after:
            inputs["after"] = after if isinstance(after, str) else list(after)
        if first:
            inputs["first"] = True
        super().__init__(JobProvider(), name, {**inputs, **dict.fromkeys(_OUTPUTS)}, opts)

    @property
    def job_id(self) -> Output[str]:
        """The job that satisfies the step."""
        return cast("Output[str]", self.__dict__["jobId"])

    @property
    def finished_at(self) -> Output[str]:
        """When that job ended, in the tenant's time: what a later step comes `after`."""
        return cast("Output[str]", self.__dict__["finishedAt"])


class Load(_StepResource, module="tamr", name="Load"):
    """A source that has to have been loaded."""

    def __init__(
        self,
        name: str,
        source_id: Input[str],
        wanted: Wanted,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, {"sourceId": source_id}, wanted, (), False, opts)


class Update(_StepResource, module="tamr", name="Update"):
    """A data product, or a RealTime workflow, that has to have run after the steps before it.

    One of `data_product_id` and `workflow_id`; both are refused at preview.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a user declares
        self,
        name: str,
        wanted: Wanted,
        data_product_id: Input[str] = "",
        workflow_id: Input[str] = "",
        after: Sequence[Input[str]] = (),
        first: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        ids = _given(dataProductId=data_product_id, workflowId=workflow_id)
        super().__init__(name, ids or {"dataProductId": ""}, wanted, after, first, opts)


class Publish(_StepResource, module="tamr", name="Publish"):
    """A destination that has to have been published to after the steps before it.

    Legacy data products and RealTime destinations are published without `data_product_id`.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a user declares
        self,
        name: str,
        destination_id: Input[str],
        wanted: Wanted,
        data_product_id: Input[str] = "",
        after: Sequence[Input[str]] = (),
        first: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        ids = {"destinationId": destination_id, **_given(dataProductId=data_product_id)}
        super().__init__(name, ids, wanted, after, first, opts)
