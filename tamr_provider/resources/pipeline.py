"""The pipeline of a product as a component: loads, update, workflows, publishes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi

from tamr_provider.clock import SystemClock
from tamr_provider.decision.steps import phase_configurations, pipeline_phases
from tamr_provider.errors import InputError
from tamr_provider.resources._pipeline_inputs import PIPELINE
from tamr_provider.resources._program import known_or_none, tenant_url, without_stack_trace
from tamr_provider.resources.steps import Load, Publish, StepResource, Update
from tamr_provider.stackfile.cross_field import resource_name
from tamr_provider.stackfile.parser import parse_products
from tamr_provider.stackfile.product import Product
from tamr_provider.stackfile.since.lookup import find_own_since
from tamr_provider.timestamps import format_timestamp, parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tamr_provider.decision.steps import Phases, Step
    from tamr_provider.resources.spec import PipelineSpec

_KINDS: dict[str, type[Load | Update | Publish]] = {
    "load": Load,
    "update": Update,
    "publish": Publish,
}


class Pipeline(pulumi.ComponentResource):
    """The steps of one product, as a component resource.

    The tenant is TAMR_URL, else the config `tamr:url`.

    Args:
        name: the product's name.
        spec: a product of `stack_products`, or a mapping with the keys of the stack file and plain
            values. `PipelineSpec` is the type of that mapping.
        opts: options of the component.

    Attributes:
        steps: the `Load`, `Update` and `Publish` resources, in order.
        version: the desired version.
        since: since when it counts, RFC 3339.
        finished_at: when the last job finished, RFC 3339.
        job_ids: the job of each step, by its name, such as `load src_crm`.
        outputs: these four, to export them: `version`, `since`, `finishedAt`, `jobIds`.

    Raises:
        pulumi.RunError: `spec` is not valid, with all its problems. Nothing was registered.
    """

    def __init__(
        self,
        name: str,
        spec: Product | PipelineSpec | Mapping[str, Any],
        *,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        product = _parse_spec(name, spec)
        with without_stack_trace():
            super().__init__("tamr:index:Pipeline", name, None, opts)
        self.steps: list[Load | Update | Publish] = []
        names: list[str] = []
        after: list[pulumi.Output[str]] = []
        after_steps: list[str] = []
        # Only the order of the phases is used here, so any since will do.
        phases = pipeline_phases(name, product.with_since(SystemClock().now()))
        for number, phase in enumerate(phases, start=1):
            shared = _phase_properties(product, phases[number:], after, after_steps)
            resources = [self._declare(step, product, shared) for step in phase]
            after = [resource.finished_at for resource in resources]
            after_steps = [str(step.configuration) for step in phase]
            self.steps += resources
            names += after_steps
        steps = dict(zip(names, self.steps, strict=True))
        self.version = pulumi.Output.from_input(product.version)
        self.since = known_or_none(_since(product, self.steps[0]))
        self.finished_at = known_or_none(_finished_at(self.steps))
        self.job_ids = known_or_none(
            pulumi.Output.all(**{step: resource.job_id for step, resource in steps.items()})
        )
        self.outputs = {
            "version": self.version,
            "since": self.since,
            "finishedAt": self.finished_at,
            "jobIds": self.job_ids,
        }
        self.register_outputs(self.outputs)

    def _declare(
        self, step: Step, product: Product, shared: Mapping[str, Any]
    ) -> Load | Update | Publish:
        configuration = step.configuration
        kind = "workflow" if configuration.id("workflowId") else configuration.type
        name = resource_name(step.product, kind, configuration.ids[0][1])
        properties = {**_step_properties(step, product), **shared}
        opts = pulumi.ResourceOptions(parent=self)
        return _KINDS[configuration.type].from_properties(name, properties, opts)


def _parse_spec(name: str, spec: Product | PipelineSpec | Mapping[str, Any]) -> Product:
    if not isinstance(spec, Product) and (found := list(_find_outputs(f"products.{name}", spec))):
        raise pulumi.RunError("\n".join(found))
    try:
        if not isinstance(spec, Product):
            spec = parse_products({name: dict(spec)}, SystemClock().now())[name]
        return spec if spec.since_origin else spec.with_since(find_own_since(name, spec))
    except InputError as error:
        raise pulumi.RunError(str(error)) from None


def _find_outputs(path: str, value: object) -> Iterator[str]:
    """Yield a problem for each Output in a spec."""
    if isinstance(value, pulumi.Output):
        use = "To use computed values, declare Load, Update and Publish"
        yield f"{path}: expected a plain value, got an Output. {use}"
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _find_outputs(f"{path}.{key}", entry)
    elif isinstance(value, (list, tuple)):
        for index, entry in enumerate(value):
            yield from _find_outputs(f"{path}[{index}]", entry)


def _phase_properties(
    product: Product,
    later: Sequence[Sequence[Step]],
    after: list[pulumi.Output[str]],
    after_steps: list[str],
) -> dict[str, Any]:
    """Return the properties that all steps of a phase have."""
    is_exempt = product.is_overridden or product.is_pinned
    return {
        "url": tenant_url(),
        "version": product.version,
        # Without a since, `check` takes it from the inputs of the last run.
        "since": format_timestamp(product.since) if product.since is not None else None,
        "after": after or None,
        # Only a run needs these, and the state lists the name of each property.
        PIPELINE: {
            "sinceFrom": product.since_origin or None,
            "afterSteps": after_steps or None,
            "then": _to_ids(phase_configurations(later)) or None,
        },
        "retriedAt": format_timestamp(product.retried_at) if product.retried_at else None,
        "maxAttempts": product.max_attempts,
        "timeoutHours": product.timeout_hours,
        "trustDays": product.trust_days,
        "freeze": [window.text for window in product.effective_freeze] or None,
        "promoteFrom": None if is_exempt else product.promote_from,
    }


def _step_properties(step: Step, product: Product) -> dict[str, Any]:
    properties: dict[str, Any] = {**dict(step.configuration.ids), "product": step.product}
    if step.configuration.type == "load":
        return properties
    scope = step.data_product
    return {
        **properties,
        "dataProduct": None if step.configuration.id("dataProductId") else scope.id or None,
        "workflows": list(scope.workflows) or None,
        "destinations": list(scope.destinations) or None,
        "first": step.first or None,
        "minHoursBetween": product.min_hours_between if step.first else None,
    }


def _to_ids(phases: Phases) -> list[list[dict[str, str]]]:
    return [[dict(configuration.ids) for configuration in phase] for phase in phases]


def _since(product: Product, step: StepResource) -> pulumi.Output[str]:
    if product.since is None:
        return step.recorded_since
    return pulumi.Output.from_input(format_timestamp(product.since))


def _finished_at(steps: Sequence[StepResource]) -> pulumi.Output[str | None]:
    return pulumi.Output.all(*(step.finished_at for step in steps)).apply(_latest)


def _latest(finishes: Sequence[str]) -> str | None:
    times = [time for finish in finishes if (time := parse_timestamp(finish or ""))]
    return format_timestamp(max(times)) if len(times) == len(finishes) else None
