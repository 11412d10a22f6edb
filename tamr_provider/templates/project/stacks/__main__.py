"""Config in, pipelines out."""

from tamr_provider.resources import Pipeline, end_quietly_on_interrupt, stack_products

end_quietly_on_interrupt()
for name, product in stack_products().items():
    Pipeline(name, product)
