"""The resources of a stack of release 8c39d14, under today's provider host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime import rpc

from support.provider_hosts import host

EXPORT = Path(__file__).parents[1] / "engine/state_8c39d14.json"
RESOURCES: list[dict[str, Any]] = json.loads(EXPORT.read_text("utf-8"))["deployment"]["resources"]
STEPS = [resource for resource in RESOURCES if resource["type"].startswith("pulumi-python:")]


def test_a_recorded_step_is_unchanged() -> None:
    assert len(STEPS) == 10
    with host() as provider:
        for step in STEPS:
            checked = provider.check(step["inputs"], step["inputs"])
            assert list(checked.failures) == []
            news = rpc.deserialize_properties(checked.inputs)
            # The later phases are for the slot queue only.
            assert news == {key: step["inputs"][key] for key in step["inputs"] if key != "then"}
            diff = provider.diff(step["id"], step["outputs"], news)
            assert diff.changes == diff.DIFF_NONE
            assert list(diff.replaces) == []


@pytest.mark.parametrize(
    ("name", "value", "replaces"),
    [
        ("version", "v2", []),
        ("since", "2026-11-26T00:00:00Z", []),
        ("url", "http://127.0.0.1:1", ["url"]),
    ],
)
def test_a_changed_input_of_a_recorded_step_is_a_change(
    name: str, value: str, replaces: list[str]
) -> None:
    with host() as provider:
        for step in STEPS:
            diff = provider.diff(step["id"], step["outputs"], {**step["inputs"], name: value})
            assert diff.changes == diff.DIFF_SOME
            assert list(diff.replaces) == replaces
