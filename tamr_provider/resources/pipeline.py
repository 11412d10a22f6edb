"""A product's pipeline as a component: loads, update, workflows, publishes, each after the last."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pulumi

from tamr_provider.clock import SystemClock
from tamr_provider.decision.steps import phase_configurations, pipeline_phases
from tamr_provider.resources.steps import Load, Publish, Update, Wanted
from tamr_provider.stackfile.parser import read_products
from tamr_provider.stackfile.product import Product
from tamr_provider.stackfile.shared_ids import resource_name
from tamr_provider.stackfile.since.lookup import own_since
from tamr_provider.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tamr_provider.decision.steps import Phases, Step
    from tamr_provider.models import Configuration


class Pipeline(pulumi.ComponentResource):
    """The steps of one product; `spec` is a product of the stack file, read or as it stands.

    The tenant is that of TAMR_URL, else of the config `tamr:url`. Raises InputError where the
    spec is not one.
    """

    def __init__(
        self,
        name: str,
        spec: Product | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("tamr:index:Pipeline", name, None, opts)
        if not isinstance(spec, Product):
            spec = read_products({name: dict(spec)}, SystemClock().now())[name]
        self.steps: list[Load | Update | Publish] = []
        after: list[pulumi.Output[str]] = []
        before: tuple[str, ...] = ()
        if not spec.since_origin:
            spec = spec.counting_from(own_since(name, spec))
        parts = pipeline_phases(
            name, spec.counting_from(SystemClock().now())
        )  # for their order alone
        for number, phase in enumerate(parts, start=1):
            then = phase_configurations(parts[number:])
            wanted = [replace(_wanted(step, spec, then), after_steps=before) for step in phase]
            made = [
                self._declare(step, each, after) for step, each in zip(phase, wanted, strict=True)
            ]
            after = [each.finished_at for each in made]
            before = tuple(str(step.configuration) for step in phase)
            self.steps += made
        self.register_outputs({})

    def _declare(
        self, step: Step, wanted: Wanted, after: list[pulumi.Output[str]]
    ) -> Load | Update | Publish:
        configuration = step.configuration
        name = _resource_name(step.product, configuration)
        opts = pulumi.ResourceOptions(parent=self)
        if configuration.type == "load":
            return Load(name, configuration.id("sourceId"), wanted, opts)
        owner = configuration.id("dataProductId")
        if configuration.type == "publish":
            destination = configuration.id("destinationId")
            return Publish(name, destination, wanted, owner, after, step.first, opts)
        workflow = configuration.id("workflowId")
        return Update(name, wanted, owner, workflow, after, step.first, opts)


def _resource_name(product: str, configuration: Configuration) -> str:
    kind = "workflow" if configuration.id("workflowId") else configuration.type
    return resource_name(product, kind, configuration.ids[0][1])


def _wanted(step: Step, product: Product, then: Phases) -> Wanted:
    owner = step.data_product
    is_load = step.configuration.type == "load"
    return Wanted(
        url=tenant_url(),
        version=product.version,
        since=_since(product),
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
        freeze=() if product.overridden else tuple(each.text for each in product.freeze),
        promote_from=_promote_from(product),
        then=then,
    )


def _since(product: Product) -> str:
    # Without one, the inputs of the last run tell it.
    return format_timestamp(product.since) if product.since is not None else ""


def _promote_from(product: Product) -> str:
    free = product.overridden or product.is_pinned
    return "" if free or product.promote_from is None else product.promote_from


def tenant_url() -> str:
    """Return the tenant's address: TAMR_URL, else the config `tamr:url`."""
    return (os.environ.get("TAMR_URL") or pulumi.Config("tamr").get("url") or "").rstrip("/")
