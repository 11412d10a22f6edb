"""As many components and dynamic resources as a stack of ours, with nothing in them."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Nothing(ResourceProvider):
    """Creates nothing."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("nothing", props)


class Empty(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("bench:index:Empty", name)
        for number in range(5):
            Resource(Nothing(), f"{name}-{number}", {}, pulumi.ResourceOptions(parent=self))
        self.register_outputs({})


for index in range(int(pulumi.Config().require("components"))):
    Empty(f"product{index:04}")
