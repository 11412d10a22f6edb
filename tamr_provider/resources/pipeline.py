"""The pipeline of a product as a component: loads, update, workflows, publishes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pulumi

from tamr_provider.clock import SystemClock
from tamr_provider.decision.steps import phase_configurations, pipeline_phases
from tamr_provider.resources.steps import Load, Publish, Update, Wanted
from tamr_provider.stackfile.cross_field import resource_name
from tamr_provider.stackfile.parser import parse_products
from tamr_provider.stackfile.product import Product
from tamr_provider.stackfile.since.lookup import find_own_since
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tamr_provider.decision.steps import Phases, Step


class Pipeline(pulumi.ComponentResource):
    """The steps of one product, as a component resource.

    The tenant is TAMR_URL, else the config `tamr:url`.

    Args:
        name: the product's name.
        spec: a product of `stack_products`, or a mapping with the keys of the stack file.
        opts: options of the component.

    Attributes:
        steps: the `Load`, `Update` and `Publish` resources, in order.

    Raises:
        InputError: `spec` is not valid, with all its problems.
    """

    def __init__(
        self,
        name: str,
        spec: Product | Mapping[str, Any],
        *,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("tamr:index:Pipeline", name, None, opts)
        if not isinstance(spec, Product):
            spec = parse_products({name: dict(spec)}, SystemClock().now())[name]
        self.steps: list[Load | Update | Publish] = []
        after: list[pulumi.Output[str]] = []
        after_steps: tuple[str, ...] = ()
        if not spec.since_origin:
            spec = spec.with_since(find_own_since(name, spec))
        # Only the order of the phases is used here, so any since will do.
        phases = pipeline_phases(name, spec.with_since(SystemClock().now()))
        for number, phase in enumerate(phases, start=1):
            then = phase_configurations(phases[number:])
            resources = [
                self._declare(step, _wanted(step, spec, then, after_steps), after) for step in phase
            ]
            after = [resource.finished_at for resource in resources]
            after_steps = tuple(str(step.configuration) for step in phase)
            self.steps += resources
        self.register_outputs({})

    def _declare(
        self, step: Step, wanted: Wanted, after: list[pulumi.Output[str]]
    ) -> Load | Update | Publish:
        configuration = step.configuration
        kind = "workflow" if configuration.id("workflowId") else configuration.type
        name = resource_name(step.product, kind, configuration.ids[0][1])
        opts = pulumi.ResourceOptions(parent=self)
        if configuration.type == "load":
            return Load(name, source_id=configuration.id("sourceId"), wanted=wanted, opts=opts)
        if configuration.type == "publish":
            return Publish(
                name,
                destination_id=configuration.id("destinationId"),
                data_product_id=configuration.id("dataProductId"),
                wanted=wanted,
                after=after,
                first=step.first,
                opts=opts,
            )
        return Update(
            name,
            data_product_id=configuration.id("dataProductId"),
            workflow_id=configuration.id("workflowId"),
            wanted=wanted,
            after=after,
            first=step.first,
            opts=opts,
        )


def _wanted(step: Step, product: Product, then: Phases, after_steps: tuple[str, ...]) -> Wanted:
    owner = step.data_product
    is_load = step.configuration.type == "load"
    is_exempt = product.is_overridden or product.is_pinned
    return Wanted(
        url=tenant_url(),
        version=product.version,
        # Without a since, `check` takes it from the inputs of the last run.
        since=format_timestamp(product.since) if product.since is not None else "",
        since_from=product.since_origin,
        product=step.product,
        stack=pulumi.get_stack(),
        data_product="" if is_load or step.configuration.id("dataProductId") else owner.id,
        workflows=() if is_load else owner.workflows,
        destinations=() if is_load else owner.destinations,
        retried_at=format_timestamp(product.retried_at) if product.retried_at else "",
        max_attempts=product.max_attempts,
        min_hours_between=product.min_hours_between if step.first else 0,
        timeout_hours=product.timeout_hours,
        trust_days=product.trust_days,
        freeze=tuple(window.text for window in product.effective_freeze),
        promote_from="" if is_exempt else product.promote_from or "",
        then=then,
        after_steps=after_steps,
    )


def tenant_url() -> str:
    """Return the tenant's URL: TAMR_URL, else the config `tamr:url`, else ""."""
    return (os.environ.get("TAMR_URL") or pulumi.Config("tamr").get("url") or "").rstrip("/")
