"""The JSON Schema of the stack file, generated from its models."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from tamr_provider.stackfile.product import Product
from tamr_provider.stackfile.values import COUNT

_OPTIONAL = ("since", "dataProduct", "retriedAt", "promoteFrom", "override", "pinned", "verify")
_SHIPPED = "stack.schema.json"


def schema_text() -> str:
    """Return the schema that is shipped with the package."""
    return files("tamr_provider.stackfile").joinpath(_SHIPPED).read_text(encoding="utf-8")


def make_schema() -> str:
    """Generate the schema from the models. A test compares the shipped one with it."""
    product: dict[str, Any] = Product.model_json_schema(by_alias=True)
    definitions = product.pop("$defs")
    destination = {"$ref": "#/$defs/Destination"}
    product["properties"]["publish"]["items"] = {
        "anyOf": [{"type": ["string", "integer"], "minLength": 1}, destination]
    }
    # A test checks that the parser refuses both flags together as well.
    both = {name: {"enum": [True, "true"]} for name in ("legacy", "realTime")}
    definitions["Destination"]["not"] = {"properties": both, "required": list(both)}
    for name in ("sources", "workflows", "publish", "freeze"):
        product["properties"][name] |= {"minItems": 1, "uniqueItems": True}
        product["properties"][name].pop("default", None)
    for name in _OPTIONAL:
        options = product["properties"][name].pop("anyOf")
        product["properties"][name] |= options[0]
        product["properties"][name].pop("default", None)
    product["anyOf"] = [
        {"required": [name]} for name in ("sources", "dataProduct", "workflows", "publish")
    ]
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stack file of a Tamr project (Pulumi.<stack>.yaml)",
        "type": "object",
        "required": ["config"],
        "properties": {"config": _config()},
        "$defs": {**definitions, "Product": product},
    }
    for model in schema["$defs"].values():
        for schema_of_key in model["properties"].values():
            schema_of_key.pop("title", None)
    return json.dumps(schema, indent=2) + "\n"


def _config() -> dict[str, Any]:
    count = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": COUNT}]}
    secret = {"type": "object", "required": ["secure"], "description": "set it with --secret"}
    products = {"type": "object", "additionalProperties": {"$ref": "#/$defs/Product"}}
    return {
        "type": "object",
        "properties": {
            "tamr:url": {"type": "string", "description": "the tenant's URL"},
            "tamr:slots": {**count, "description": "the tenant's concurrent jobs; default 5"},
            "tamr:apiKey": secret,
        },
        "patternProperties": {
            "^(?!tamr:)[^:]+:products$": products,
            "^tamr:(?!(url|slots|apiKey)$)": False,
        },
    }


if __name__ == "__main__":
    from pathlib import Path

    _here = Path(__file__).parent
    for _folder in (_here, _here.parent / "templates/project/stacks"):
        (_folder / _SHIPPED).write_text(make_schema(), encoding="utf-8")
