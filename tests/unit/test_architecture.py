"""The layers of the package: one contract, one drawing of it, no import upwards, no cycle."""

from __future__ import annotations

import re
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def contract() -> list[str]:
    """Return the layers of the import-linter contract, highest first: `["cli | resources"]`."""
    layers = re.search(r"^layers = \[\n(.*?)^\]", PYPROJECT, re.DOTALL | re.MULTILINE)
    assert layers is not None
    return re.findall(r'"(.+)"', layers[1])


@cache
def imports() -> dict[str, set[str]]:
    """Return the rooms that every room imports, imports for type checking included."""
    graph = grimp.build_graph("tamr_provider")
    rooms = graph.find_children("tamr_provider")
    for room in rooms:
        if graph.find_children(room):
            graph.squash_module(room)
    return {
        room: (graph.find_modules_directly_imported_by(room) & rooms) - {room} for room in rooms
    }


def test_at_most_nine_modules_stand_at_the_root_of_the_package() -> None:
    assert len(list((ROOT / "tamr_provider").glob("*.py"))) <= 9


def test_no_import_goes_up_even_for_types() -> None:
    height = {
        f"tamr_provider.{room}": -place
        for place, layer in enumerate(contract())
        for room in layer.split(" | ")
    }
    assert height.keys() == imports().keys()
    upwards = [
        f"{room} -> {imported}"
        for room, names in imports().items()
        for imported in names
        if height[imported] > height[room]
    ]
    assert upwards == []


def test_rooms_import_one_another_without_a_cycle() -> None:
    order = list(TopologicalSorter(imports()).static_order())
    assert order[-1] == "tamr_provider.__main__"


def test_modules_import_one_another_without_a_cycle() -> None:
    graph = grimp.build_graph("tamr_provider")
    found = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert len(list(TopologicalSorter(found).static_order())) == len(graph.modules)


def test_the_drawing_of_the_layers_is_the_contract() -> None:
    drawing = re.search(r"```text\n(__main__.*?)```", CONTRIBUTING, re.DOTALL)
    assert drawing is not None
    assert [re.split(r" {2,}", line)[0] for line in drawing[1].splitlines()] == contract()


def test_every_path_of_the_contributing_page_exists() -> None:
    paths = re.findall(r"`([\w.-]*/[\w./-]*|\w+\.(?:py|toml|md))`", CONTRIBUTING)
    assert len(paths) > 20
    missing = [
        path
        for path in paths
        if not any((ROOT / base / path).exists() for base in ("", "tamr_provider"))
    ]
    assert missing == []
