"""From the stack file's text, or from the config that the engine hands out, to its products."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tamr_provider.errors import InputError
from tamr_provider.foreign_text import has_unseen, visible
from tamr_provider.settings import url_problem
from tamr_provider.stackfile.cross_field import broken_rules
from tamr_provider.stackfile.product import Destination, Override, Product
from tamr_provider.stackfile.pulumi_yaml import UnquotedScalar, read_yaml
from tamr_provider.stackfile.shared_ids import same_names, shared_claims
from tamr_provider.stackfile.values import Count, describe_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Set
    from datetime import datetime

    from tamr_provider.stackfile.since.origin import Since

_MODELS: dict[str, type[BaseModel]] = {"publish": Destination, "override": Override}
_TAMR_KEYS = ("tamr:url", "tamr:slots", "tamr:apiKey")


@dataclass(frozen=True)
class StackFile:
    """One environment; `url` is empty and `slots` 0 where the file leaves them out.

    `sinces` says of each product since when its version counts, once git was asked.
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


def read_stack_file(
    text: str,
    project: str,
    where: str,
    now: datetime,
    shared: Mapping[str, Any] | None = None,
) -> StackFile:
    """Return the stack that the text describes.

    `where` names the file in messages, `shared` is the config that Pulumi.yaml gives all stacks.
    Raises InputError with every problem at once.
    """
    document = read_yaml(text, where)
    config = document.get("config") if isinstance(document, dict) else None
    if config is None and shared:
        config = {}
    if not isinstance(config, dict):
        found = describe_value(document if not isinstance(document, dict) else config)
        raise InputError(f"{where}: config: found {found}; allowed: a mapping (a stack file)")
    own, config = config, {**(shared or {}), **config}
    problems, slots = _key_problems(config, project) + _tamr_problems(config), 0
    products: dict[str, Product] = {}
    try:
        slots = read_slots(config["tamr:slots"]) if "tamr:slots" in config else 0
    except InputError as error:
        problems += error.problems
    try:
        if f"{project}:products" in config:
            products = read_products(config[f"{project}:products"], now)
    except InputError as error:
        problems += error.problems
    if problems:
        given = {key for key in shared or {} if key not in own}
        raise InputError(
            *(f"{_file(problem, given, project, where)}: {problem}" for problem in problems)
        )
    return StackFile(products, config.get("tamr:url") or "", slots)


def _file(problem: str, given: Set[str], project: str, where: str) -> str:
    """Return the file to repair: Pulumi.yaml if the key is among those that it alone has."""
    key = problem.partition(": ")[0]
    if problem.startswith(("products.", "products:")):
        key = f"{project}:products"
    return "Pulumi.yaml" if key in given else where


def read_slots(value: object) -> int:
    """Return the tenant's concurrent jobs that a config says. Raises InputError."""
    try:
        return _Slots.model_validate({"slots": value}).slots
    except ValidationError as error:
        said = [each.replace("slots", "tamr:slots", 1) for each in _explain(error)]
        raise InputError(*said) from None


def read_products(raw: object, now: datetime) -> dict[str, Product]:
    """Return the products by name. Raises InputError with every problem and its path."""
    if raw is None:
        raise InputError("products: missing; allowed: a mapping of product names to products")
    if not isinstance(raw, dict):
        raise InputError(
            f"products: found {describe_value(raw)}; allowed: a mapping of product names"
        )
    odd = [key for key in raw if isinstance(key, UnquotedScalar) or not isinstance(key, (str, int))]
    if odd:
        raise InputError(*(f"products.{key}: put this name in quotes" for key in odd))
    unseen = [key for key in raw if has_unseen(str(key))]
    if unseen:
        allowed = "allowed: a name without control characters"
        raise InputError(*(f"products: found {visible(repr(key))}; {allowed}" for key in unseen))
    named = {str(key): value for key, value in raw.items()}
    names = [str(key) for key in raw]
    problems = [f"products.{name}: found twice; allowed: once" for name in _twice(names)]
    problems += [
        f"products: found {describe_value(name)}; allowed: a name"
        for name in named
        if not name.strip()
    ]
    problems += [
        f"products.{name}{path}: {message}"
        for name, value in named.items()
        for path, message in broken_rules(value)
    ]
    problems += [*shared_claims(named), *same_names(named)]
    products: dict[str, Product] = {}
    try:
        products = _Products.model_validate({"products": named}, context={"now": now}).products
    except ValidationError as error:
        problems += _explain(error)
    if problems:
        raise InputError(*sorted(problems, key=_place(list(named))))
    return products


def _twice(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _place(names: list[str]) -> Callable[[str], int]:
    """Return a sort key: problems in the order of the products that they are in."""
    return lambda each: next(
        (
            at
            for at, name in enumerate(names)
            if each.startswith((f"products.{name}.", f"products.{name}:"))
        ),
        len(names),
    )


def _key_problems(config: Mapping[Any, Any], project: str) -> list[str]:
    own = (f"{project}:products",)
    problems = []
    for key in config:
        namespace = str(key).partition(":")[0]
        allowed = {"tamr": _TAMR_KEYS, project: own}.get(namespace)
        if allowed and key not in allowed:
            problems.append(_unknown(str(key), str(key), allowed))
    if own[0] not in config:
        problems.append(f"{own[0]}: missing; allowed: a mapping of product names to products")
        near = [str(key) for key in config if str(key).endswith(":products")]
        if near:
            problems[-1] += f" (found {near[0]}: Pulumi.yaml names the project {project})"
    return problems


def _tamr_problems(config: Mapping[Any, Any]) -> list[str]:
    problems = []
    url = config.get("tamr:url")
    if "tamr:url" in config and (problem := url_problem(url if isinstance(url, str) else "")):
        allowed = problem.partition("; ")[2]
        problems.append(f"tamr:url: found {describe_value(url)}; {allowed}")
    key = config.get("tamr:apiKey")
    if "tamr:apiKey" in config and not (isinstance(key, dict) and "secure" in key):
        problems.append(
            "tamr:apiKey: found in clear; revoke that key, then "
            "`pulumi config set --secret tamr:apiKey`, or set TAMR_API_KEY instead"
        )
    return problems


def _explain(error: ValidationError) -> list[str]:
    return [_explain_one(each) for each in error.errors(include_url=False)]


def _explain_one(error: Any) -> str:
    path, kind = _path(error["loc"]), error["type"]
    keys = _keys_at(error["loc"])
    if kind == "extra_forbidden":
        return _unknown(path, str(error["loc"][-1]), keys)
    if kind == "missing":
        return f"{path}: missing; allowed: {_description(error['loc'])}"
    if kind == "tamr":
        return f"{path}: {error['msg']}"
    allowed = f"a mapping with {', '.join(keys)}" if keys else _description(error["loc"])
    return f"{path}: found {describe_value(error['input'])}; allowed: {allowed}"


def _path(location: tuple[str | int, ...]) -> str:
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in location]
    return "".join(parts).removeprefix(".")


def _model_at(location: tuple[str | int, ...]) -> type[BaseModel]:
    if len(location) > 3 and location[2] in _MODELS:
        return _MODELS[str(location[2])]
    return Product


def _keys_at(location: tuple[str | int, ...]) -> tuple[str, ...]:
    return tuple(each.alias or name for name, each in _model_at(location).model_fields.items())


def _description(location: tuple[str | int, ...]) -> str:
    for name, each in _model_at(location).model_fields.items():
        if location[-1] in (name, each.alias):
            return each.description or name
    return "something else"


def _unknown(path: str, key: str, allowed: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(key, allowed, 1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"{path}: unknown key{hint}; allowed: {', '.join(allowed)}"
