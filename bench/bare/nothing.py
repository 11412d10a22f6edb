"""A provider that does nothing, in a module that can be imported: so it is small in the state."""

from __future__ import annotations

from typing import Any

from pulumi.dynamic import CreateResult, ResourceProvider


class Nothing(ResourceProvider):
    """Creates nothing."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("nothing", props)
