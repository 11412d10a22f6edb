"""Config in, pipelines out."""

import pulumi

from tamr_provider.resources import Pipeline, end_quietly_on_interrupt, stack_products

end_quietly_on_interrupt()
for name, product in stack_products().items():
    pulumi.export(name, Pipeline(name, product).outputs)
