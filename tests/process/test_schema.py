"""The JSON Schema of the stack file: generated from the models, equal to the parser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from support.sample_jobs import at
from tamr_provider.errors import InputError
from tamr_provider.stackfile.parser import parse_stack_file
from tamr_provider.stackfile.schema import make_schema, schema_text

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = at("12:00")
PROJECT = "tamr-pipelines"
REPAIR = (
    'python -c "from pathlib import Path; import tamr_provider.stackfile.schema as s; '
    "Path(s.__file__).with_name('stack.schema.json').write_text(s.make_schema(), 'utf-8')\""
)
WHOLE: dict[str, Any] = {
    "version": "2026-11-20",
    "since": "2026-11-20T09:00:00Z",
    "sources": ["src_crm", "src_erp"],
    "dataProduct": "dp_customers",
    "workflows": ["wf_apply"],
    "publish": ["Test 123", {"destination": "dst_legacy", "legacy": True}],
    "retriedAt": "2026-11-20T10:00:00Z",
    "minHoursBetween": 4,
    "maxAttempts": 3,
    "timeoutHours": 12,
    "trustDays": 30,
    "maxAgeHours": 26,
    "freeze": ["Fri 16:00 - Mon 08:00 Europe/Berlin"],
    "promoteFrom": "staging",
    "override": {"version": "2026-11-20", "reason": "agreed with sales"},
    "pinned": "2026-11-20",
    "verify": "python checks/customers.py",
}


def document(product: object = None, **config: Any) -> dict[str, Any]:
    products = {"customers": WHOLE if product is None else product}
    return {"config": {f"{PROJECT}:products": products, **config}}


def changed(**keys: Any) -> dict[str, Any]:
    return document({**WHOLE, **keys})


def lacking(*names: str) -> dict[str, Any]:
    return document({key: value for key, value in WHOLE.items() if key not in names})


def schema_accepts(stack: object) -> bool:
    validator = jsonschema.Draft202012Validator(json.loads(schema_text()))
    return bool(validator.is_valid(stack))


def parser_accepts(stack: object) -> bool:
    """Return whether the parser accepts the document. JSON is YAML too."""
    try:
        parse_stack_file(json.dumps(stack), PROJECT, "Pulumi.dev.yaml", NOW)
    except InputError:
        return False
    return True


def test_the_shipped_schema_is_the_generated_one() -> None:
    assert schema_text() == make_schema(), (
        f"the models have changed; to update the schema, run: {REPAIR}"
    )


def test_the_schema_is_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


def test_every_key_of_the_schema_has_a_description() -> None:
    properties = json.loads(schema_text())["$defs"]["Product"]["properties"]
    assert set(properties) == set(WHOLE)
    assert all(key["description"] for key in properties.values())


def keys_of_every_object() -> Iterator[tuple[str, dict[str, Any]]]:
    schema = json.loads(schema_text())
    objects = {"config": schema["properties"]["config"], **schema["$defs"]}
    for name, definition in objects.items():
        for key, value in definition["properties"].items():
            yield f"{name}.{key}", value


def test_every_key_has_a_title_and_an_example_for_editors() -> None:
    lacking = [
        (path, word)
        for path, key in keys_of_every_object()
        for word in ("title", "description", "examples")
        if word not in key and (path, word) != ("config.tamr:apiKey", "examples")
    ]
    assert lacking == []


def test_the_examples_of_a_product_are_valid() -> None:
    product = json.loads(schema_text())["$defs"]["Product"]["properties"]
    for name, key in product.items():
        for example in key["examples"]:
            stack = changed(**{name: example})
            assert parser_accepts(stack), (name, example)
            assert schema_accepts(stack), (name, example)


GOOD = {
    "everything": document(),
    "a source alone": document({"version": "2026-11-20", "sources": ["src_crm"]}),
    "an update alone": document({"version": "2026-11-20", "dataProduct": "dp"}),
    "a workflow alone": document({"version": "2026-11-20", "workflows": ["wf"]}),
    "a legacy publish alone": document(
        {"version": "2026-11-20", "publish": [{"destination": "dst", "legacy": True}]}
    ),
    "a RealTime publish alone": document(
        {"version": "2026-11-20", "publish": [{"destination": "dst", "realTime": True}]}
    ),
    "a RealTime publish that is not legacy": changed(
        publish=[{"destination": "dst", "realTime": True, "legacy": False}]
    ),
    "a version that is a number": changed(version=7),
    "a version that is a fraction": changed(version=1.5),
    "a since as the engine writes it": changed(since="2026-11-20 09:00:00 +0000 UTC"),
    "a window with spaces around it": changed(freeze=[" Mon 00:00 - tue 23:00 Etc/GMT+1: x "]),
    "numbers as texts": changed(
        minHoursBetween="0.5", maxAttempts="2", timeoutHours="1.5", trustDays="7", maxAgeHours="26"
    ),
    "booleans as texts": changed(publish=[{"destination": "dst", "legacy": "true"}]),
    "fractions of hours": changed(minHoursBetween=0.5, timeoutHours=0.25),
    "no buffer": changed(minHoursBetween=0),
    "ids that are numbers": changed(sources=[1234], dataProduct=42, workflows=[7], publish=[9]),
    "an address, slots and a secret key": document(
        **{
            "tamr:url": "https://acme.tamr.cloud",
            "tamr:slots": 5,
            "tamr:apiKey": {"secure": "AAABAG"},
        }
    ),
    "slots as a text": document(**{"tamr:slots": "5"}),
    "keys of other namespaces": document(**{"aws:region": "eu-west-1", "other:x": [1]}),
}


@pytest.mark.parametrize("stack", GOOD.values(), ids=GOOD.keys())
def test_the_schema_accepts_what_the_parser_accepts(stack: dict[str, Any]) -> None:
    assert parser_accepts(stack)
    assert schema_accepts(stack)


BAD = {
    "no config": {},
    "a config that is a list": {"config": []},
    "products that are a list": {"config": {f"{PROJECT}:products": []}},
    "a product that is a list": document([1]),
    "a product that is null": {"config": {f"{PROJECT}:products": {"customers": None}}},
    "no version": lacking("version"),
    "a product without a step": lacking("sources", "dataProduct", "workflows", "publish"),
    "an unknown key": changed(sorces=["x"]),
    "an unknown key of a destination": changed(publish=[{"destination": "d", "legcy": True}]),
    "an empty version": changed(version=""),
    "a version that is true": changed(version=True),
    "a since that is a number": changed(since=5),
    "a since that is null": changed(since=None),
    "a data product that is null": changed(dataProduct=None),
    "a retriedAt that is null": changed(retriedAt=None),
    "sources that are a text": changed(sources="src_crm"),
    "no source in the list": changed(sources=[]),
    "a source that is empty": changed(sources=[""]),
    "a source that is true": changed(sources=[True]),
    "a source twice": changed(sources=["a", "a"]),
    "a workflow that is a mapping": changed(workflows=[{}]),
    "a destination that is empty": changed(publish=[""]),
    "a destination without its name": changed(publish=[{"legacy": True}]),
    "a legacy that is a word": changed(publish=[{"destination": "d", "legacy": "maybe"}]),
    "a legacy that is a number": changed(publish=[{"destination": "d", "legacy": 1}]),
    "a realTime that is a word": changed(publish=[{"destination": "d", "realTime": "maybe"}]),
    "a destination that is legacy and RealTime": changed(
        publish=[{"destination": "d", "legacy": True, "realTime": "true"}]
    ),
    "a window without a time zone": changed(freeze=["Fri 16:00 - Mon 08:00"]),
    "a window that is a word": changed(freeze=["never"]),
    "a buffer below zero": changed(minHoursBetween=-1),
    "no attempts": changed(maxAttempts=0),
    "no attempts as a text": changed(maxAttempts="0"),
    "half an attempt": changed(maxAttempts=1.5),
    "a time-out of nothing": changed(timeoutHours=0),
    "a time-out of nothing as a text": changed(timeoutHours="0"),
    "trust that is a word": changed(trustDays="long"),
    "trust of nothing as a text": changed(trustDays="0.0"),
    "an age of nothing": changed(maxAgeHours=0),
    "an age that is a word": changed(maxAgeHours="a day"),
    "an age without a value": changed(maxAgeHours=None),
    "no slots": document(**{"tamr:slots": 0}),
    "no slots as a text": document(**{"tamr:slots": "0"}),
    "slots that are a word": document(**{"tamr:slots": "many"}),
    "an address that is a number": document(**{"tamr:url": 5}),
    "a key in clear": document(**{"tamr:apiKey": "geheim"}),
    "an unknown key of tamr": document(**{"tamr:urll": "https://acme.tamr.cloud"}),
}


@pytest.mark.parametrize("stack", BAD.values(), ids=BAD.keys())
def test_the_parser_refuses_what_the_schema_refuses(stack: dict[str, Any]) -> None:
    assert not parser_accepts(stack)
    assert not schema_accepts(stack)


BEYOND = {
    "a since without a zone": changed(since="2026-11-20T09:00:00"),
    "a since in the future": changed(since="2026-11-21T12:11:00Z"),
    "a publish without a data product": lacking("dataProduct"),
}


@pytest.mark.parametrize("stack", BEYOND.values(), ids=BEYOND.keys())
def test_the_parser_alone_refuses_what_no_schema_can_express(stack: dict[str, Any]) -> None:
    assert not parser_accepts(stack)
