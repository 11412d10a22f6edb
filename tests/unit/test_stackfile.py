"""The stack file: what it may contain, and how a mistake in it is reported."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from support.sample_jobs import at
from tamr_provider.errors import InputError
from tamr_provider.stackfile.parser import StackFile, parse_products, parse_stack_file
from tamr_provider.stackfile.project import find_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tamr_provider.stackfile.product import Product

NOW = at("12:00")
FILE = "stacks/Pulumi.dev.yaml"
PROJECT = "tamr-pipelines"

EXAMPLE = """\
config:
  tamr:url: https://acme-staging.tamr.cloud
  tamr:slots: 5                          # optional
  tamr-pipelines:products:               # <project>:products
    customers:
      version: "2026-11-20"              # the desired dataset version: any label
      since: "2026-11-20T09:00:00Z"      # optional when version is itself a date or a timestamp
      sources: [src_crm, src_erp]
      dataProduct: dp_customers
      workflows: [wf_apply]              # RealTime workflows, after the update
      publish:
        - Test 123                       # a destinationId, sent with the product's dataProductId
        - destination: dst_legacy        # legacy data product or RealTime datastore
          legacy: true
      retriedAt: "2026-11-20T15:10:00Z"  # written by `tamr retry`
      minHoursBetween: 4                 # buffer between two runs of this data product
      maxAttempts: 3                     # failed jobs since `since` before the step is on hold
      timeoutHours: 12                   # how long one run waits for one job
      trustDays: 30                      # how far back the tenant's list of jobs is complete
      maxAgeHours: 26                    # an older deployment is stale
"""


def read(text: str, project: str = PROJECT) -> StackFile:
    return parse_stack_file(text, project, FILE, NOW)


def with_product(keys: str, config: str = "") -> str:
    """Return a stack file with one product, `customers`, of these lines."""
    lines = "".join(f"      {line}\n" for line in keys.splitlines())
    return f"config:\n{config}  {PROJECT}:products:\n    customers:\n{lines}"


def product(keys: str) -> Product:
    return read(with_product(keys)).products["customers"]


def problems(text: str) -> tuple[str, ...]:
    """Return the problems of a file; each of them names the file."""
    with pytest.raises(InputError) as caught:
        read(text)
    assert caught.value.exit_code == 2
    found = caught.value.problems
    assert all(line.startswith(FILE) for line in found)
    return tuple(re.sub(rf"^{FILE}(:\d+)?: ", "", line) for line in found)


def problem(keys: str) -> str:
    (only,) = problems(with_product(keys))
    return only


DATED = 'version: "2026-11-20"\n'
SOURCED = DATED + "sources: [src_crm]\n"


# A good file


def test_an_example_with_every_key_is_parsed() -> None:
    stack = parse_stack_file(EXAMPLE, PROJECT, FILE, at("16:00"))
    assert (stack.url, stack.slots) == ("https://acme-staging.tamr.cloud", 5)
    customers = stack.products["customers"]
    assert customers.version == "2026-11-20"
    assert customers.since == customers.not_before == at("09:00")
    assert customers.sources == ["src_crm", "src_erp"]
    assert customers.data_product == "dp_customers"
    assert customers.workflows == ["wf_apply"]
    assert [(entry.destination, entry.legacy) for entry in customers.publish] == [
        ("Test 123", False),
        ("dst_legacy", True),
    ]
    assert customers.retried_at == at("15:10")
    assert (customers.min_hours_between, customers.max_attempts) == (4, 3)
    assert (customers.timeout_hours, customers.trust_days) == (12, 30)
    assert customers.max_age_hours == 26


def test_missing_keys_have_their_defaults() -> None:
    plain = product(SOURCED)
    assert (plain.min_hours_between, plain.max_attempts) == (0, 3)
    assert (plain.timeout_hours, plain.trust_days) == (12, 30)
    assert plain.max_age_hours is None
    assert plain.since is None
    assert plain.retried_at is None
    assert plain.not_before == at("00:00")


def test_url_and_slots_are_optional() -> None:
    stack = read(with_product(SOURCED))
    assert (stack.url, stack.slots) == ("", 0)


def test_products_keep_the_order_of_the_file() -> None:
    both = f"config: {{'{PROJECT}:products': {{b: {{version: 2026-11-20, sources: [x]}}, "
    assert list(read(both + "a: {version: 2026-11-20, sources: [y]}}}").products) == ["b", "a"]


def test_keys_of_other_namespaces_are_ignored() -> None:
    config = "  aws:region: eu-west-1\n  other:products: {}\n  pulumi:tags: {a: b}\n"
    assert read(with_product(SOURCED, config)) == read(with_product(SOURCED))


def test_other_keys_that_pulumi_writes_are_ignored() -> None:
    text = "secretsprovider: passphrase\nencryptionsalt: v1:abc\n" + with_product(SOURCED)
    assert read(text) == read(with_product(SOURCED))


def test_a_destination_may_have_any_characters() -> None:
    keys = DATED + 'dataProduct: dp\npublish: ["Größe & Maß 1/2"]'
    assert product(keys).publish[0].destination == "Größe & Maß 1/2"


# One value, many spellings


@pytest.mark.parametrize(
    "since",
    [
        '"2026-11-20T09:00:00Z"',
        "2026-11-20T09:00:00Z",
        "2026-11-20 09:00:00 +0000 UTC",
        '"2026-11-20 09:00:00 +0000 UTC"',
        "2026-11-20T11:00:00+02:00",
        "2026-11-20 11:00:00 +0200 +0200",
        "2026-11-20T09:00:00.000Z",
    ],
)
def test_all_spellings_of_a_since_are_one_since(since: str) -> None:
    assert product(f"{SOURCED}since: {since}").since == at("09:00")


@pytest.mark.parametrize(
    ("spellings", "version"),
    [
        pytest.param(
            ['"2026-11-20"', "2026-11-20", "2026-11-20 00:00:00 +0000 UTC"],
            "2026-11-20",
            id="a date and its spelling by the engine",
        ),
        pytest.param(
            [
                '"2026-11-20T09:00:00Z"',
                "2026-11-20T09:00:00Z",
                "2026-11-20 09:00:00 +0000 UTC",
                "2026-11-20T10:00:00+01:00",
            ],
            "2026-11-20T09:00:00Z",
            id="a timestamp and its spelling by the engine",
        ),
        pytest.param(["v7", '"v7"'], "v7", id="a label"),
        pytest.param(["7", '"7"'], "7", id="a whole number and its text"),
        pytest.param(["1.5", '"1.5"'], "1.5", id="a fraction and its text"),
        pytest.param(["20261120", '"20261120"'], "20261120", id="a long number and its text"),
        # The engine rewrites 1_000 as "1000" and 0123 as "83".
        pytest.param(["1_000", '"1000"'], "1000", id="a number with a line in it"),
        pytest.param(["0123", '"83"'], "83", id="an octal number"),
        pytest.param(["0x1F", '"31"'], "31", id="a hexadecimal number"),
    ],
)
def test_all_spellings_of_a_version_are_one_version(spellings: list[str], version: str) -> None:
    keys = "since: 2026-11-20\nsources: [src_crm]\nversion: "
    assert [product(keys + spelling).version for spelling in spellings] == [version] * len(
        spellings
    )


@pytest.mark.parametrize(
    "version", ["2026-11-20T09:00:00Z", "2026-11-20 09:00:00 +0000 UTC", '"2026-11-20T09:00:00Z"']
)
def test_a_timestamp_as_version_is_its_own_since(version: str) -> None:
    assert product(f"version: {version}\nsources: [src_crm]").not_before == at("09:00")


def test_numbers_may_be_text() -> None:
    """The engine rewrites them so."""
    numbers = "minHoursBetween: {0}\nmaxAttempts: {1}\ntimeoutHours: {2}\ntrustDays: {3}\n"
    plain = product(SOURCED + numbers.format(0.5, 2, 1.5, 7))
    assert product(SOURCED + numbers.format('"0.5"', '"2"', '"1.5"', '"7"')) == plain
    assert (plain.min_hours_between, plain.max_attempts) == (0.5, 2)
    assert (plain.timeout_hours, plain.trust_days) == (1.5, 7)


def test_a_number_has_the_value_that_the_engine_gives_it() -> None:
    """It rewrites 010 as "8"."""
    assert product(SOURCED + "maxAttempts: 010").max_attempts == 8


@pytest.mark.parametrize("slots", ["8", '"8"', "8.0", '"8.0"'])
def test_slots_may_be_text(slots: str) -> None:
    assert read(with_product(SOURCED, f"  tamr:slots: {slots}\n")).slots == 8


@pytest.mark.parametrize(("text", "legacy"), [("true", True), ("false", False)])
def test_booleans_may_be_text(text: str, legacy: bool) -> None:
    keys = DATED + "dataProduct: dp\npublish: [{{destination: dst, legacy: {0}}}]"
    for spelling in (text, f'"{text}"'):
        assert product(keys.format(spelling)).publish[0].legacy is legacy


def test_a_number_may_be_an_id() -> None:
    keys = DATED + 'sources: [1234, "5678"]\ndataProduct: 42\nworkflows: [7]'
    read_one = product(keys)
    assert read_one.sources == ["1234", "5678"]
    assert (read_one.data_product, read_one.workflows) == ("42", ["7"])


def test_a_product_name_may_be_a_number() -> None:
    text = f"config:\n  {PROJECT}:products:\n    2026: {{version: 2026-11-20, sources: [x]}}\n"
    assert list(read(text).products) == ["2026"]


def test_a_file_that_the_engine_rewrote_means_the_same() -> None:
    before = (
        "  tamr:slots: 8\n",
        (
            "version: 2026-11-20\nsince: 2026-11-20T09:00:00Z\nsources: [1234]\nmaxAttempts: 2\n"
            "publish: [{destination: dst, legacy: true}]\n"
        ),
    )
    rewritten = (
        '  tamr:slots: "8"\n',
        (
            "version: 2026-11-20 00:00:00 +0000 UTC\nsince: 2026-11-20 09:00:00 +0000 UTC\n"
            'sources: ["1234"]\nmaxAttempts: "2"\npublish: [{destination: dst, legacy: "true"}]\n'
        ),
    )
    assert read(with_product(before[1], before[0])) == read(
        with_product(rewritten[1], rewritten[0])
    )


def test_the_engines_config_is_parsed_like_the_file() -> None:
    """The program receives values, numbers as floats or texts."""
    raw = {
        "customers": {
            "version": "2026-11-20 00:00:00 +0000 UTC",
            "sources": ["src_crm"],
            "maxAttempts": 2.0,
            "minHoursBetween": "0.5",
        }
    }
    assert (
        parse_products(raw, NOW)
        == read(with_product(SOURCED + "maxAttempts: 2\nminHoursBetween: 0.5")).products
    )


# IDs that the engine would rewrite


@pytest.mark.parametrize(
    "spelling",
    [
        "0123",
        "1_000",
        "2026-11-20",
        "2026-1-5",
        "1.50",
        "0x1F",
        "0o17",
        "+5",
        "12345678901234567890",
    ],
)
@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ("sources: [{0}]", "sources[0]"),
        ("dataProduct: {0}", "dataProduct"),
        ("workflows: [wf, {0}]", "workflows[1]"),
        ("publish: [{{destination: {0}, legacy: true}}]", "publish[0].destination"),
    ],
    ids=["a source", "a data product", "a workflow", "a destination"],
)
def test_an_id_that_pulumi_would_rewrite_must_be_quoted(
    keys: str, path: str, spelling: str
) -> None:
    found = problem(DATED + keys.format(spelling))
    assert found.startswith(f"products.customers.{path}: ")
    assert "Quote it" in found
    quoted = product(DATED + keys.format(f'"{spelling}"'))
    assert spelling in str(quoted)


@pytest.mark.parametrize("spelling", ["1.0", "1e3"])
def test_a_whole_number_with_a_dot_or_exponent_must_be_quoted(spelling: str) -> None:
    """Pulumi rewrites them as 1 and 1000."""
    assert "Quote it" in problem(DATED + f"sources: [{spelling}]")


def test_a_product_name_that_pulumi_would_rewrite_must_be_quoted() -> None:
    text = f"config:\n  {PROJECT}:products:\n    2026-11-20: {{version: v1, sources: [x]}}\n"
    (found,) = problems(text)
    assert found.startswith("products.2026-11-20: ")
    assert "Quote it" in found


# Strictness


@dataclass(frozen=True)
class Mistake:
    """A product's lines, the path of the mistake, and parts of its message."""

    fact: str
    keys: str
    path: str
    words: tuple[str, ...]


MISTAKES = [
    Mistake(
        "an unknown key",
        SOURCED + "sorces: [x]",
        "sorces",
        ("unknown key (did you mean sources?)",),
    ),
    Mistake(
        "an unknown key of a destination",
        DATED + "dataProduct: dp\npublish: [ok, {destination: d, legcy: true}]",
        "publish[1].legcy",
        ("unknown key (did you mean legacy?)",),
    ),
    Mistake("no version", "sources: [x]", "version", ("expected ", "got nothing")),
    Mistake(
        "a version that is true", "version: true\nsources: [x]", "version", ("got true", "label")
    ),
    Mistake("an empty version", 'version: ""\nsources: [x]', "version", ("got ''", "expected")),
    Mistake(
        "a version that is a list", "version: [1]\nsources: [x]", "version", ("a list", "expected")
    ),
    Mistake(
        "a label with a since that is null",
        "version: v7\nsources: [x]\nsince:",
        "since",
        ("expected",),
    ),
    Mistake(
        "a since without a zone",
        SOURCED + "since: 2026-11-20T09:00:00",
        "since",
        ("2026-11-20T09:00:00", "expected a time with its UTC offset"),
    ),
    Mistake("a since that is no time", SOURCED + "since: soon", "since", ("'soon'", "expected")),
    Mistake("a since that is a number", SOURCED + "since: 5", "since", ("got 5", "expected")),
    Mistake(
        "a since in the future",
        SOURCED + "since: 2026-11-21T12:00:01Z",
        "since",
        ("2026-11-21T12:00:01Z", "in the future", "at most a day"),
    ),
    Mistake(
        "a retriedAt without a zone",
        SOURCED + "retriedAt: 2026-11-20 09:00:00",
        "retriedAt",
        ("2026-11-20 09:00:00", "expected a time with its UTC offset"),
    ),
    Mistake(
        "a product without a step", DATED, "", ("without a step", "sources, dataProduct, workflows")
    ),
    Mistake(
        "a product whose only step is null",
        DATED + "dataProduct:",
        "dataProduct",
        ("got nothing", "expected"),
    ),
    Mistake(
        "sources that are no list", DATED + "sources: src", "sources", ("'src'", "expected a list")
    ),
    Mistake("an empty list of sources", DATED + "sources: []", "sources", ("expected a list",)),
    Mistake(
        "a duplicate source",
        DATED + "sources: [a, b, a]",
        "sources[2]",
        ("duplicate value 'a'",),
    ),
    Mistake(
        "a duplicate source in another spelling",
        DATED + 'sources: [7, "7"]',
        "sources[1]",
        ("duplicate value '7'",),
    ),
    Mistake(
        "a duplicate workflow",
        DATED + "workflows: [a, a]",
        "workflows[1]",
        ("duplicate value",),
    ),
    Mistake(
        "a duplicate destination",
        DATED + "dataProduct: dp\npublish: [a, {destination: a}]",
        "publish[1]",
        ("duplicate value",),
    ),
    Mistake(
        "a source that is null", DATED + "sources: [a, ~]", "sources[1]", ("got nothing", "ID")
    ),
    Mistake("a source that is blank", DATED + 'sources: [" "]', "sources[0]", ("' '", "ID")),
    Mistake("a source that is true", DATED + "sources: [true]", "sources[0]", ("got true", "ID")),
    Mistake(
        "a source that is a mapping", DATED + "sources: [{a: b}]", "sources[0]", ("a mapping", "ID")
    ),
    Mistake(
        "a publish without a data product",
        DATED + "publish: [Test 123]",
        "publish[0]",
        ("dataProduct", "legacy: true", "realTime: true"),
    ),
    Mistake(
        "a destination that is legacy and RealTime",
        DATED + "publish: [{destination: d, legacy: true, realTime: true}]",
        "publish[0]",
        ("expected legacy or realTime, got both",),
    ),
    Mistake(
        "a destination without its name",
        DATED + "dataProduct: dp\npublish: [ok, {legacy: true}]",
        "publish[1].destination",
        ("expected ", "got nothing"),
    ),
    Mistake(
        "a destination that is a list",
        DATED + "dataProduct: dp\npublish: [ok, [x]]",
        "publish[1].destination",
        ("a list", "expected"),
    ),
    Mistake(
        "a legacy that is a word",
        DATED + "dataProduct: dp\npublish: [{destination: d, legacy: maybe}]",
        "publish[0].legacy",
        ("'maybe'", "expected true or false"),
    ),
    Mistake(
        "a realTime that is a word",
        DATED + "dataProduct: dp\npublish: [{destination: d, realTime: maybe}]",
        "publish[0].realTime",
        ("'maybe'", "expected true or false"),
    ),
    Mistake(
        "a legacy that is a number",
        DATED + "dataProduct: dp\npublish: [{destination: d, legacy: 1}]",
        "publish[0].legacy",
        ("got 1", "expected true or false"),
    ),
    Mistake(
        "a buffer below zero",
        SOURCED + "minHoursBetween: -1",
        "minHoursBetween",
        ("got -1", "expected hours, 0 or more"),
    ),
    Mistake(
        "a buffer that is a word",
        SOURCED + "minHoursBetween: long",
        "minHoursBetween",
        ("'long'", "expected a number"),
    ),
    Mistake(
        "no attempts", SOURCED + "maxAttempts: 0", "maxAttempts", ("got 0", "expected a whole")
    ),
    Mistake(
        "half an attempt",
        SOURCED + "maxAttempts: 1.5",
        "maxAttempts",
        ("got 1.5", "expected a whole"),
    ),
    Mistake(
        "attempts that are true",
        SOURCED + "maxAttempts: true",
        "maxAttempts",
        ("got true", "expected"),
    ),
    Mistake(
        "a timeout of nothing",
        SOURCED + "timeoutHours: 0",
        "timeoutHours",
        ("got 0", "expected a number above 0"),
    ),
    Mistake(
        "a timeout without an end",
        SOURCED + "timeoutHours: .inf",
        "timeoutHours",
        ("inf", "expected a number"),
    ),
    Mistake(
        "trust that is not a number",
        SOURCED + "trustDays: .nan",
        "trustDays",
        ("nan", "expected a number"),
    ),
    Mistake(
        "an age of nothing",
        SOURCED + "maxAgeHours: 0",
        "maxAgeHours",
        ("got 0", "expected a number above 0"),
    ),
    Mistake(
        "an age without a value",
        SOURCED + "maxAgeHours:",
        "maxAgeHours",
        ("expected a value, got nothing",),
    ),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.fact)
def test_a_mistake_names_its_path_what_is_expected_and_the_value(mistake: Mistake) -> None:
    found = problem(mistake.keys)
    path = f".{mistake.path}" if mistake.path else ""
    assert found.startswith(f"products.customers{path}: ")
    for words in mistake.words:
        assert words in found


def test_a_since_may_be_ten_minutes_ahead() -> None:
    assert product(SOURCED + "since: 2026-11-20T12:10:00Z").since == NOW + timedelta(minutes=10)


def test_a_dated_version_may_be_in_the_future_if_since_is_not() -> None:
    keys = "version: 2027-01-01\nsince: 2026-11-20\nsources: [x]"
    assert product(keys).not_before == at("00:00")


@pytest.mark.parametrize(
    ("config", "path", "words"),
    [
        ("tamr:urll: x", "tamr:urll", ("unknown key (did you mean tamr:url?)",)),
        ("tamr-pipelines:prodcts: {}", "tamr-pipelines:prodcts", ("unknown key", "products")),
        ("tamr:slots: 0", "tamr:slots", ("got 0", "expected a whole number")),
        ("tamr:slots: many", "tamr:slots", ("'many'", "expected")),
        ("tamr:slots: 2.5", "tamr:slots", ("2.5", "expected a whole number")),
        ("tamr:slots:", "tamr:slots", ("got nothing", "expected")),
        ("tamr:url: ftp://x", "tamr:url", ("'ftp://x'", "expected")),
        ("tamr:url: 5", "tamr:url", ("got 5", "expected")),
        ("tamr:url:", "tamr:url", ("got nothing", "expected")),
    ],
)
def test_a_mistake_outside_of_products_names_its_key(
    config: str, path: str, words: tuple[str, ...]
) -> None:
    (found,) = problems(with_product(SOURCED, f"  {config}\n"))
    assert found.startswith(f"{path}: ")
    for word in words:
        assert word in found


def test_an_api_key_in_plaintext_is_refused_and_not_shown() -> None:
    (found,) = problems(with_product(SOURCED, "  tamr:apiKey: geheim-4711\n"))
    assert found.startswith("tamr:apiKey: stored in plaintext. Revoke the key, then run ")
    assert "geheim" not in found


def test_a_secret_api_key_is_left_to_the_engine() -> None:
    config = "  tamr:apiKey: {secure: AAABAG}\n"
    assert read(with_product(SOURCED, config)) == read(with_product(SOURCED))


def test_all_mistakes_of_a_file_are_reported_together() -> None:
    text = f"""\
config:
  tamr:url: nonsense
  tamr:slots: many
  tamr:apikey: x
  {PROJECT}:products:
    customers:
      version: v7
      sources: [a, a, 0123]
      maxAttempts: 0
      foo: bar
    suppliers:
      version: "2026-11-20"
      since: 2027-01-01T00:00:00Z
    empty:
"""
    starts = [line.split(": ")[0] for line in problems(text)]
    assert sorted(starts) == sorted(
        [
            "tamr:apikey",
            "tamr:url",
            "tamr:slots",
            "products.customers.sources[1]",
            "products.customers.sources[2]",
            "products.customers.maxAttempts",
            "products.customers.foo",
            "products.suppliers",
            "products.suppliers.since",
            "products.empty",
        ]
    )


def test_a_mistake_names_its_line() -> None:
    text = f"""\
# a comment
config:
  tamr:slots: many
  {PROJECT}:products:
    a.b:
      sources: [x]
      publish:
        - Test 123
        - destination: [d]
          legacy: true
      freeze:
        - "Fri 16:00 - Mon 08:00 UTC"
        - never
    a: {{version: v1, sorces: [x]}}
    c: [1]
"""
    with pytest.raises(InputError) as caught:
        read(text)
    places = [line.split(": ")[:2] for line in caught.value.problems]
    assert [(place.removeprefix(f"{FILE}:"), path) for place, path in places] == [
        ("3", "tamr:slots"),
        ("5", "products.a.b.version"),
        ("8", "products.a.b.publish[0]"),
        ("9", "products.a.b.publish[1].destination"),
        ("13", "products.a.b.freeze[1]"),
        ("14", "products.a"),
        ("14", "products.a.sorces"),
        ("15", "products.c"),
    ]


def test_a_mistake_beside_a_key_that_is_no_text_names_its_line() -> None:
    with pytest.raises(InputError) as caught:
        read("config:\n  ? [a, b]\n  : x\n  tamr:slots: many\n")
    assert f"{FILE}:4: tamr:slots: " in caught.value.problems[-1]


def test_a_mistake_in_pulumi_yaml_names_no_line_of_the_stack_file() -> None:
    with pytest.raises(InputError) as caught:
        parse_stack_file("config: {}\n", PROJECT, FILE, NOW, {"tamr:url": 5})
    assert caught.value.problems[-1].startswith("Pulumi.yaml: tamr:url: ")


def test_the_known_keys_are_listed_once() -> None:
    found = problems(with_product(SOURCED + "foo: 1\nbar: 2\nsorces: [x]"))
    assert [line.partition(": ")[2][:45] for line in found] == [
        "unknown key, expected one of version, since, ",
        "unknown key",
        "unknown key (did you mean sources?)",
    ]


@pytest.mark.parametrize(
    ("spelling", "engine"), [("1.10", "1.1"), ("1.0", "1"), ("12e4", "120000"), ("-.5", "-0.5")]
)
def test_an_unquoted_version_that_pulumi_would_rewrite_is_refused(
    spelling: str, engine: str
) -> None:
    found = problem(f"sources: [x]\nversion: {spelling}")
    assert found == (
        f"products.customers.version: expected a label in quotes, got {spelling}, which Pulumi "
        f'reads as {engine}. Write "{spelling}" or "{engine}".'
    )
    assert product(f'sources: [x]\nversion: "{spelling}"').version == spelling


def test_mistakes_are_in_the_order_of_the_products() -> None:
    text = f"config:\n  {PROJECT}:products:\n    b: {{}}\n    a: {{}}\n    ab: {{}}\n"
    names = [line.split(": ")[0].split(".")[1] for line in problems(text)]
    assert names == ["b", "b", "a", "a", "ab", "ab"]


# Across products


def stack_of(**products: str) -> str:
    lines = "".join(
        f'    {name}: {{version: "2026-11-20", {keys}}}\n' for name, keys in products.items()
    )
    return f"config:\n  {PROJECT}:products:\n{lines}"


@pytest.mark.parametrize(
    ("keys", "path", "message"),
    [
        (
            "dataProduct: dp_0, publish: [Test 123]",
            "dataProduct",
            "dp_0 already belongs to products.a (expected one product for each data product)",
        ),
        (
            "workflows: [wf]",
            "workflows[0]",
            "wf already belongs to products.a (expected one product for each workflow)",
        ),
        (
            "publish: [{destination: d, legacy: true}]",
            "publish[0]",
            (
                "d already belongs to products.a (expected one product for each destination that "
                "is sent without dataProductId)"
            ),
        ),
        (
            "sources: [s], dataProduct: 7",
            "dataProduct",
            "7 already belongs to products.a (expected one product for each data product)",
        ),
    ],
    ids=["a data product", "a workflow", "a destination alone", "a number"],
)
def test_an_id_of_two_products_is_one_error_that_names_both(
    keys: str, path: str, message: str
) -> None:
    (found,) = problems(stack_of(a=keys, b=keys))
    assert found == f"products.b.{path}: {message}"


def test_two_products_may_share_sources_and_destinations() -> None:
    """A destination's name belongs to its data product."""
    a = "sources: [s], dataProduct: dp_a, publish: [Test 123]"
    assert len(read(stack_of(a=a, b=a.replace("dp_a", "dp_b"))).products) == 2


@pytest.mark.parametrize(
    ("products", "words"),
    [
        ("'': {version: v1, sources: [x]}", "products: expected a name, got ''"),
        ("' ': {version: v1, sources: [x]}", "products: expected a name, got ' '"),
        (
            "5: {version: v1, sources: [x]}, '5': {version: v1, sources: [x]}",
            "products.5: duplicate product",
        ),
        (
            "a: {version: v1, sources: [b-load-c]}, a-load-b: {version: v1, sources: [c]}",
            (
                "products.a-load-b: load c and products.a's load b-load-c would both "
                "be the Pulumi resource 'a-load-b-load-c'"
            ),
        ),
        (
            (
                "a: {version: v1, dataProduct: b-workflow-c}, "
                "a-update-b: {version: v1, workflows: [c]}"
            ),
            "would both be the Pulumi resource 'a-update-b-workflow-c'",
        ),
    ],
    ids=["empty", "blank", "a number and its text", "two loads", "two updates"],
)
def test_a_name_that_pulumi_would_refuse_is_refused(products: str, words: str) -> None:
    (found,) = problems(f"config: {{'{PROJECT}:products': {{{products}}}}}")
    assert found.startswith(words) or words in found


@pytest.mark.parametrize("name", ["a::b", "a$b", "x" * 300, "Größe 1/2"])
def test_a_name_that_pulumi_accepts_is_accepted(name: str) -> None:
    text = f"config: {{'{PROJECT}:products': {{'{name}': {{version: v1, sources: [x]}}}}}}"
    assert list(read(text).products) == [name]


# Other files


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ("config", "nothing")),
        ("# a comment\n", ("config", "nothing")),
        ("- a\n- b\n", ("config", "a list")),
        ("just text\n", ("config", "just text")),
        ("config:\n", ("config", "nothing")),
        ("config: [a]\n", ("config", "a list")),
        ("config: {}\n", ("tamr-pipelines:products", "got nothing")),
        ("config:\n  other:products: {}\n", ("tamr-pipelines:products", "got nothing", "other")),
        ("config:\n  tamr-pipelines:products:\n", ("products", "expected")),
        ("config:\n  tamr-pipelines:products: [a]\n", ("products", "a list", "expected")),
    ],
    ids=[
        "an empty file",
        "a comment alone",
        "a list",
        "a text",
        "no config",
        "a config that is a list",
        "a config without a key",
        "products of another project",
        "no products",
        "products that are a list",
    ],
)
def test_a_file_that_is_not_a_stack_file_is_refused(text: str, words: tuple[str, ...]) -> None:
    found = problems(text)
    for word in words:
        assert word in "\n".join(found)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("config:\n  tamr:url: a: b\n", "line 2, column"),
        ("config:\n\ttamr:url: x\n", "line 2, column 1"),
        ("config: [a\n", "line"),
        ("config:\n  tamr:slots: 5\n  tamr:slots: 6\n", "line 3, column 3"),
        ("config: {}\n---\nconfig: {}\n", "line 2, column 1"),
        ("config: !secret x\n", "line 1, column 9"),
        ("config: *nowhere\n", "line 1, column 9"),
    ],
    ids=[
        "a colon too many",
        "a tab",
        "a bracket left open",
        "a key twice",
        "two documents",
        "a tag",
        "an unknown anchor",
    ],
)
def test_broken_yaml_names_line_and_column(text: str, place: str) -> None:
    (found,) = problems(text)
    assert place in found
    assert "invalid YAML" in found


# The project


def make_project(folder: Path, text: str = f"name: {PROJECT}\nstackConfigDir: stacks\n") -> Path:
    (folder / "Pulumi.yaml").write_text(text, encoding="utf-8")
    (folder / "stacks").mkdir()
    (folder / "stacks" / "Pulumi.dev.yaml").write_text(with_product(SOURCED), encoding="utf-8")
    return folder


GIVEN = """\
name: tamr-pipelines
stackConfigDir: stacks
config:
  tamr:url: {value: https://acme.tamr.cloud}
  tamr:slots: {value: 3}
  products:
    value: {customers: {version: v1, sources: [src_crm]}}
"""


def given(folder: Path, project: str, stack: str = "config: {}\n") -> StackFile:
    """Return the stack dev of a project whose Pulumi.yaml has these lines."""
    make_project(folder, project)
    (folder / "stacks/Pulumi.dev.yaml").write_text(stack, encoding="utf-8")
    return find_project(folder).read_stack("dev", NOW)


def test_the_config_of_pulumi_yaml_counts_for_all_stacks(tmp_path: Path) -> None:
    stack = given(tmp_path, GIVEN)
    assert (stack.url, stack.slots) == ("https://acme.tamr.cloud", 3)
    assert list(stack.products) == ["customers"]


def test_the_stack_file_wins_over_pulumi_yaml(tmp_path: Path) -> None:
    assert given(tmp_path, GIVEN, "config: {tamr:slots: 7}\n").slots == 7


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("value: 3", "value: many", "Pulumi.yaml: tamr:slots: expected a number, got 'many'"),
        ("https://acme.tamr.cloud", "nonsense", "Pulumi.yaml: tamr:url: expected the tenant's URL"),
        ("sources: [src_crm]", "sorces: [x]", "Pulumi.yaml: products.customers"),
        (
            "  tamr:slots: {value: 3}",
            "  tamr:apiKey: {value: geheim-4711}",
            "Pulumi.yaml: tamr:apiKey: stored in plaintext. Revoke the key",
        ),
    ],
)
def test_a_mistake_in_pulumi_yaml_names_that_file(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    said = refused(lambda: given(tmp_path, GIVEN.replace(before, after)))
    assert all(line.startswith(message) for line in said.splitlines())
    assert "geheim" not in said


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_the_nearest_project_upwards_is_found(tmp_path: Path) -> None:
    make_project(tmp_path, "name: outer\n")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_project(inner).name == "outer"
    (tmp_path / "a" / "Pulumi.yaml").write_text("name: inner\n", encoding="utf-8")
    assert find_project(inner).name == "inner"


def test_a_project_may_be_a_yml_file(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yml").write_text("name: short\n", encoding="utf-8")
    (tmp_path / "Pulumi.dev.yml").write_text("config: {}\n", encoding="utf-8")
    project = find_project(tmp_path)
    assert project.name == "short"
    assert project.stacks() == ["dev"]
    assert project.stack_file("dev").name == "Pulumi.dev.yml"


def test_stack_files_are_in_stack_config_dir(tmp_path: Path) -> None:
    project = find_project(make_project(tmp_path))
    assert project.stack_file("dev") == tmp_path.resolve() / "stacks" / "Pulumi.dev.yaml"
    assert list(project.read_stack("dev", NOW).products) == ["customers"]


def test_without_stack_config_dir_they_are_next_to_pulumi_yaml(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: plain\n", encoding="utf-8")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n", encoding="utf-8")
    assert find_project(tmp_path).stacks() == ["dev"]


def test_the_project_name_is_the_namespace_of_its_products(tmp_path: Path) -> None:
    project = find_project(make_project(tmp_path, "name: other\nstackConfigDir: stacks\n"))
    text = refused(lambda: project.read_stack("dev", NOW))
    assert "other:products" in text
    assert f"{PROJECT}:products" in text


def test_without_a_project_the_message_names_the_option(tmp_path: Path) -> None:
    assert "-C" in refused(lambda: find_project(tmp_path))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert "nowhere" in refused(lambda: find_project(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    "text", ["", "- a\n", "runtime: python\n", "name:\n", "name: ''\n"], ids=repr
)
def test_a_project_without_a_name_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(text, encoding="utf-8")
    found = refused(lambda: find_project(tmp_path))
    assert "Pulumi.yaml" in found
    assert "name" in found


def test_a_broken_project_names_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: a: b\n", encoding="utf-8")
    assert "line 1, column" in refused(lambda: find_project(tmp_path))


def test_an_unknown_stack_lists_the_stacks(tmp_path: Path) -> None:
    project = find_project(make_project(tmp_path))
    (tmp_path / "stacks" / "Pulumi.prod.yml").write_text("config: {}\n", encoding="utf-8")
    (tmp_path / "stacks" / "Pulumi.old.yaml.bak").write_text("", encoding="utf-8")
    found = refused(lambda: project.stack_file("staging"))
    assert "Pulumi.staging.yaml" in found
    assert found.endswith("(stacks: dev, prod)")


def test_without_a_stack_name_the_message_lists_the_stacks(tmp_path: Path) -> None:
    found = refused(lambda: find_project(make_project(tmp_path)).stack_file(""))
    assert "--stack" in found
    assert "TAMR_STACK" in found
    assert "(stacks: dev)" in found


def test_a_project_without_stacks_lists_none(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: x\nstackConfigDir: missing\n", encoding="utf-8")
    assert refused(lambda: find_project(tmp_path).stack_file("dev")).endswith("(stacks: none)")


def test_a_stack_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    project = find_project(make_project(tmp_path))
    (tmp_path / "stacks" / "Pulumi.folder.yaml").mkdir()
    found = refused(lambda: project.read_stack("folder", NOW))
    assert "Pulumi.folder.yaml" in found
    assert "cannot be read" in found


def test_a_stack_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    project = find_project(make_project(tmp_path))
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_bytes(b"config: {a: \xff}\n")
    found = refused(lambda: project.read_stack("dev", NOW))
    assert "Pulumi.dev.yaml" in found
    assert "UTF-8" in found


def test_a_mistake_in_a_stack_file_names_the_file(tmp_path: Path) -> None:
    project = find_project(make_project(tmp_path))
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text(with_product("x: y"), encoding="utf-8")
    for line in refused(lambda: project.read_stack("dev", NOW)).splitlines():
        assert re.search(r"Pulumi\.dev\.yaml:[34]: products\.customers", line)


def test_files_are_parsed_in_several_threads_at_once() -> None:
    """The status of several stacks is read side by side."""
    sources = "".join(f"\n  - src_{number}" for number in range(200))
    text = with_product(f"{DATED}sources:{sources}")
    with ThreadPoolExecutor(4) as pool:
        files = pool.map(read, [text] * 8)
        assert {len(file.products["customers"].sources) for file in files} == {200}
