"""Damaged input of either kind: no traceback, no hang, and no POST from a broken file."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.fake_tenant import Tenant
from support.processes import PRODUCTS
from support.sample_jobs import at
from support.schedule_player import SLOTS, TWO_PRODUCTS, products
from tamr_provider.errors import InputError, TamrError
from tamr_provider.reconciler.stack_run import StackRun
from tamr_provider.stackfile.parser import read_products, read_stack_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = at("12:00")
FILE = f"config:\n  tamr:url: https://acme.tamr.cloud\n  tamr-pipelines:products:\n{PRODUCTS}"
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["2026-11-20", "DONE", "RUNNING", "job_1", "load", "\u202e", "\x00", "9" * 400]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=5,
)
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every node."""
    yield path
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in pairs:
        yield from places(inner, (*path, key))


def damage(value: Any, data: st.DataObject) -> Any:
    """Replace one node, or remove it."""
    value = copy.deepcopy(value)
    path = data.draw(st.sampled_from(list(places(value))))
    if not path:
        return data.draw(VALUES)
    parent = value
    for key in path[:-1]:
        parent = parent[key]
    if data.draw(st.booleans()):
        del parent[path[-1]]
    else:
        parent[path[-1]] = data.draw(VALUES)
    return value


def problems(read: Callable[[], object]) -> tuple[str, ...]:
    """Return what a reader says is wrong; any other error than its own is one of the test."""
    try:
        read()
    except InputError as error:
        return error.problems
    return ()


def file_problems(text: str) -> tuple[str, ...]:
    return problems(lambda: read_stack_file(text, "tamr-pipelines", "Pulumi.dev.yaml", NOW))


@given(st.data())
@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=QUIET)
def test_damaged_products_are_read_or_refused_with_words(data: st.DataObject) -> None:
    raw = TWO_PRODUCTS
    for _ in range(data.draw(st.integers(1, 3))):
        raw = damage(raw, data)
    assert all(problem.strip() for problem in problems(lambda: read_products(raw, NOW)))


@given(at_=st.integers(0, len(FILE)), cut=st.integers(0, 30), put=st.text(max_size=5))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_a_file_with_damaged_text_is_read_or_refused_with_words(
    at_: int, cut: int, put: str
) -> None:
    text = FILE[:at_] + put + FILE[at_ + cut :]
    assert all(problem.strip() for problem in file_problems(text))


@given(st.data())
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=QUIET)
def test_damaged_products_are_written_to_a_file_and_read_as_one(data: st.DataObject) -> None:
    content = {"config": {"tamr:url": "https://a.b", "tamr-pipelines:products": TWO_PRODUCTS}}
    text = yaml.safe_dump(damage(content, data), allow_unicode=True)
    assert all(problem.strip() for problem in file_problems(text))


@given(st.data())
@settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=QUIET)
def test_damaged_answers_end_in_words_and_never_in_a_hang(data: st.DataObject) -> None:
    tenant, answers = Tenant(), iter(range(10**6))
    damaged = data.draw(st.sets(st.integers(0, 40), min_size=1, max_size=8))

    def alter(body: Any) -> Any:
        return damage(body, data) if next(answers) in damaged else body

    tenant.alter = alter
    runner = tenant.runner()
    tenant.clock.at_wait = lambda: (
        runner.interrupt("long enough") if tenant.clock.elapsed > 6 * 3600 else None
    )
    run = StackRun(runner, products(TWO_PRODUCTS), SLOTS, "dev")
    run.start()
    runner.run()
    ended = [error for error in run.errors.values() if type(error) is TamrError]
    assert ended == [], "an error that is none of ours"
    assert tenant.posts() < 60
