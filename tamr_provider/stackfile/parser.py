"""Parse the stack file, or the config that the engine passes to the program."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tamr_provider.errors import InputError
from tamr_provider.foreign_text import has_unseen, visible
from tamr_provider.settings import expected_url
from tamr_provider.stackfile.cross_field import (
    find_name_collisions,
    find_rule_violations,
    find_shared_ids,
)
from tamr_provider.stackfile.problem_lines import ProblemLines
from tamr_provider.stackfile.product import Destination, Override, Product
from tamr_provider.stackfile.pulumi_yaml import UnquotedScalar, parse_yaml
from tamr_provider.stackfile.suggestions import suggest
from tamr_provider.stackfile.values import Count, describe_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from tamr_provider.stackfile.since.origin import Since

_MODELS: dict[str, type[BaseModel]] = {"publish": Destination, "override": Override}
_TAMR_KEYS = ("tamr:url", "tamr:slots", "tamr:apiKey")
_KNOWN_KEYS = ", expected one of "
_PRODUCTS = "a mapping of product names to products"


@dataclass(frozen=True)
class StackFile:
    """The config of one environment; `url` is "" and `slots` 0 if the file has none.

    `sinces` has the effective since of each product after `with_effective_sinces`, else nothing.
    """

    products: dict[str, Product]
    url: str = ""
    slots: int = 0
    sinces: Mapping[str, Since] = field(default_factory=dict)


class _Products(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    products: dict[str, Product]


class _Slots(BaseModel):
    slots: Count = Field(description="a whole number, 1 or more")


def parse_stack_file(
    text: str, project: str, file: str, now: datetime, shared: Mapping[str, Any] | None = None
) -> StackFile:
    """Parse the text of a stack file.

    `file` is its name for messages. `shared` is the config that Pulumi.yaml gives all stacks.
    Raises InputError with all problems of the file.
    """
    document = parse_yaml(text, file)
    config = document.get("config") if isinstance(document, dict) else None
    if config is None and shared:
        config = {}
    if not isinstance(config, dict):
        got = describe_value(document if not isinstance(document, dict) else config)
        raise InputError(f"{file}: config: expected a mapping, as in a stack file, got {got}")
    inherited = {key: value for key, value in (shared or {}).items() if key not in config}
    config = {**inherited, **config}
    problems = _key_problems(config, project) + find_tamr_problems(config)
    slots = 0
    products: dict[str, Product] = {}
    try:
        slots = parse_slots(config["tamr:slots"]) if "tamr:slots" in config else 0
    except InputError as error:
        problems += error.problems
    try:
        if f"{project}:products" in config:
            products = parse_products(config[f"{project}:products"], now)
    except InputError as error:
        problems += error.problems
    if problems:
        lines = ProblemLines(text, project)
        raise InputError(
            *(
                f"{_place(problem, inherited, project, file, lines)}: {problem}"
                for problem in _list_keys_once(sorted(problems, key=lines.find))
            )
        )
    return StackFile(products, config.get("tamr:url") or "", slots)


def _place(
    problem: str, inherited: Mapping[str, Any], project: str, file: str, lines: ProblemLines
) -> str:
    """Return the file with the line to change, or Pulumi.yaml."""
    key = problem.partition(": ")[0]
    if problem.startswith(("products.", "products:")):
        key = f"{project}:products"
    return "Pulumi.yaml" if key in inherited else f"{file}:{lines.find(problem)}"


def _list_keys_once(problems: Iterable[str]) -> Iterator[str]:
    """Yield the problems; a list of known keys that an earlier one has is left out."""
    lists = set[str]()
    for problem in problems:
        start, separator, keys = problem.partition(_KNOWN_KEYS)
        yield start if keys in lists else problem
        lists.update([keys] if separator else [])


def parse_slots(value: object) -> int:
    """Return the number of slots that a config has. Raises InputError if it is not valid."""
    try:
        return _Slots.model_validate({"slots": value}).slots
    except ValidationError as error:
        problems = (problem.replace("slots", "tamr:slots", 1) for problem in _explain(error))
        raise InputError(*problems) from None


def parse_products(raw: object, now: datetime) -> dict[str, Product]:
    """Return the products by name. Raises InputError with all problems and their paths."""
    if not isinstance(raw, dict):
        raise InputError(f"products: expected {_PRODUCTS}, got {describe_value(raw)}")
    if name_problems := _name_problems(raw):
        raise InputError(*name_problems)
    named = {str(key): value for key, value in raw.items()}
    names = [str(key) for key in raw]
    duplicates = sorted({name for name in names if names.count(name) > 1})
    problems = [f"products.{name}: duplicate product" for name in duplicates]
    problems += [
        f"products: expected a name, got {describe_value(name)}"
        for name in named
        if not name.strip()
    ]
    problems += [
        f"products.{name}{path}: {message}"
        for name, value in named.items()
        for path, message in find_rule_violations(value)
    ]
    problems += [*find_shared_ids(named), *find_name_collisions(named)]
    products: dict[str, Product] = {}
    try:
        products = _Products.model_validate({"products": named}, context={"now": now}).products
    except ValidationError as error:
        problems += _explain(error)
    if problems:
        raise InputError(*sorted(problems, key=_product_order(list(named))))
    return products


def _name_problems(raw: Mapping[Any, Any]) -> list[str]:
    unquoted = [
        f"products.{key}: Pulumi rewrites this name. Quote it."
        for key in raw
        if isinstance(key, UnquotedScalar) or not isinstance(key, (str, int))
    ]
    return unquoted or [
        f"products: expected a name without control characters, got {visible(repr(key))}"
        for key in raw
        if has_unseen(str(key))
    ]


def _product_order(names: list[str]) -> Callable[[str], int]:
    """Return a sort key that puts problems in the order of their products."""

    def index(problem: str) -> int:
        starts = ((f"products.{name}.", f"products.{name}:") for name in names)
        return next((i for i, start in enumerate(starts) if problem.startswith(start)), len(names))

    return index


def _key_problems(config: Mapping[Any, Any], project: str) -> list[str]:
    own = (f"{project}:products",)
    problems = []
    for key in config:
        namespace = str(key).partition(":")[0]
        allowed = {"tamr": _TAMR_KEYS, project: own}.get(namespace)
        if allowed and key not in allowed:
            problems.append(_unknown_key(str(key), str(key), allowed))
    if own[0] not in config:
        problems.append(f"{own[0]}: expected {_PRODUCTS}, got nothing")
        near = [str(key) for key in config if str(key).endswith(":products")]
        if near:
            problems[-1] += f" (got {near[0]}, but in Pulumi.yaml the project is {project})"
    return problems


def find_tamr_problems(config: Mapping[Any, Any]) -> list[str]:
    """Return what is wrong with `tamr:url` and `tamr:apiKey`, if they are there."""
    problems = []
    url = config.get("tamr:url")
    if "tamr:url" in config and (expected := expected_url(url if isinstance(url, str) else "")):
        problems.append(f"tamr:url: expected {expected}, got {describe_value(url)}")
    key = config.get("tamr:apiKey")
    if "tamr:apiKey" in config and not (isinstance(key, dict) and "secure" in key):
        problems.append(
            "tamr:apiKey: stored in plaintext. Revoke the key, then run "
            "`pulumi config set --secret tamr:apiKey` or set TAMR_API_KEY."
        )
    return problems


def _explain(error: ValidationError) -> list[str]:
    return [_explain_one(found) for found in error.errors(include_url=False)]


def _explain_one(error: Any) -> str:
    path, kind = _path(error["loc"]), error["type"]
    fields = _model_at(error["loc"]).model_fields
    keys = tuple(key.alias or name for name, key in fields.items())
    if kind == "extra_forbidden":
        return _unknown_key(path, str(error["loc"][-1]), keys)
    if kind == "tamr":
        return f"{path}: {error['msg']}"
    if kind == "missing":
        return f"{path}: expected {_description(error['loc'])}, got nothing"
    expected = f"a mapping with {', '.join(keys)}" if keys else _description(error["loc"])
    return f"{path}: expected {expected}, got {describe_value(error['input'])}"


def _path(location: tuple[str | int, ...]) -> str:
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in location]
    return "".join(parts).removeprefix(".")


def _model_at(location: tuple[str | int, ...]) -> type[BaseModel]:
    if len(location) > 3 and location[2] in _MODELS:
        return _MODELS[str(location[2])]
    return Product


def _description(location: tuple[str | int, ...]) -> str:
    for name, key in _model_at(location).model_fields.items():
        if location[-1] in (name, key.alias):
            return key.description or name
    return "something else"


def _unknown_key(path: str, key: str, known: tuple[str, ...]) -> str:
    if near := suggest(key, known):
        return f"{path}: unknown key ({near})"
    return f"{path}: unknown key{_KNOWN_KEYS}{', '.join(known)}"
