"""The same components, resources and order as a stack of ours, with nothing of ours in them."""

from __future__ import annotations

import pulumi
from nothing import Nothing
from pulumi.dynamic import Resource


class Step(Resource, module="bench", name="Step"):
    """A resource that does nothing."""


# As many inputs and outputs as a step of ours has on average, or none.
_FULL = pulumi.Config().get_bool("full")
_PROPERTIES = {**{f"in{n}": "2026-11-20T09:00:00Z" for n in range(8)}, **dict.fromkeys("abcdefg")}


class Empty(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("bench:index:Empty", name)
        before: list[pulumi.Resource] = []
        for phase in (("load-a", "load-b"), ("update",), ("publish-a", "publish-b")):
            options = pulumi.ResourceOptions(parent=self, depends_on=before)
            before = [self._step(f"{name}-{number}", options) for number in phase]
        self.register_outputs({})

    def _step(self, name: str, options: pulumi.ResourceOptions) -> Step:
        # A copy: the resource adds its provider to it.
        return Step(Nothing(), name, dict(_PROPERTIES) if _FULL else {}, options)


for index in range(int(pulumi.Config().require("components"))):
    Empty(f"product{index:04}")
