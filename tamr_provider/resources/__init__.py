"""The public face for Pulumi programs: a component for a pipeline, and a resource for each step."""

from tamr_provider.resources.pipeline import Pipeline
from tamr_provider.resources.program import end_quietly_on_interrupt, stack_products
from tamr_provider.resources.spec import PipelineSpec
from tamr_provider.resources.steps import Load, Publish, Update

__all__ = [
    "Load",
    "Pipeline",
    "PipelineSpec",
    "Publish",
    "Update",
    "end_quietly_on_interrupt",
    "stack_products",
]
