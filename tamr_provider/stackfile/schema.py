"""The JSON Schema of the stack file, generated from its models."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from tamr_provider.settings import DEFAULT_SLOTS
from tamr_provider.stackfile.product import Product
from tamr_provider.stackfile.values import COUNT

_OPTIONAL = (
    "since",
    "dataProduct",
    "retriedAt",
    "promoteFrom",
    "maxAgeHours",
    "override",
    "pinned",
    "verify",
)
_SHIPPED = "stack.schema.json"
_EXAMPLE_PRODUCT = {
    "version": "2026-11-20",
    "sources": ["src_crm", "src_erp"],
    "dataProduct": "dp_customers",
    "publish": ["Customer export"],
}


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
        kinds = product["properties"][name].pop("anyOf")
        options = [kind for kind in kinds if kind != {"type": "null"}]
        product["properties"][name] |= options[0] if len(options) == 1 else {"anyOf": options}
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
    return json.dumps(schema, indent=2) + "\n"


def _config() -> dict[str, Any]:
    count = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": COUNT}]}
    return {
        "type": "object",
        "title": "Config",
        "description": "the tenant, and the products of this environment",
        "properties": {
            "tamr:url": {
                "type": "string",
                "title": "Tenant",
                "description": "the tenant's URL",
                "examples": ["https://acme.tamr.cloud"],
            },
            "tamr:slots": {
                **count,
                "title": "Slots",
                "description": "the tenant's limit of concurrent jobs",
                "default": DEFAULT_SLOTS,
                "examples": [DEFAULT_SLOTS],
            },
            "tamr:apiKey": {
                "type": "object",
                "required": ["secure"],
                "title": "API key",
                "description": "a secret; set it with: pulumi config set --secret tamr:apiKey",
            },
        },
        "patternProperties": {
            "^(?!tamr:)[^:]+:products$": {
                "type": "object",
                "title": "Products",
                "description": "products by name",
                "additionalProperties": {"$ref": "#/$defs/Product"},
                "examples": [{"customers": _EXAMPLE_PRODUCT}],
            },
            "^tamr:(?!(url|slots|apiKey)$)": False,
        },
    }


if __name__ == "__main__":
    from pathlib import Path

    _here = Path(__file__).parent
    for _folder in (_here, _here.parent / "templates/project/stacks"):
        (_folder / _SHIPPED).write_text(make_schema(), encoding="utf-8")
