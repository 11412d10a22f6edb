"""Suggestions for unknown names."""

from __future__ import annotations

import pytest

from tamr_provider.stackfile.suggestions import suggest, suggest_or_list

STACKS = ["prod", "staging", "Dev-EU", "completion-tests"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("stagin", "staging"),
        ("STAGING", "staging"),
        ("dev-eu", "Dev-EU"),
        ("com", "completion-tests"),
        ("prodd", "prod"),
    ],
)
def test_a_close_name_or_one_that_starts_alike_is_suggested(typed: str, meant: str) -> None:
    assert suggest(typed, STACKS) == f"did you mean {meant}?"


@pytest.mark.parametrize("typed", ["", "co", "quality"])
def test_without_a_close_name_the_known_ones_are_listed(typed: str) -> None:
    assert suggest(typed, STACKS) == ""
    listed = "(stacks: prod, staging, Dev-EU, completion-tests)"
    assert suggest_or_list(typed, STACKS, "stacks") == listed


def test_many_known_names_are_counted() -> None:
    names = [f"product_{number}" for number in range(60)]
    assert suggest_or_list("x", names, "defined").endswith("product_11 and 48 more)")
    assert suggest_or_list("x", [], "defined") == "(defined: none)"
