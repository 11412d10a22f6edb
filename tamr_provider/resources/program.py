"""The config of a stack's program, and its end without a traceback."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime import is_config_secret

from tamr_provider.clock import SystemClock
from tamr_provider.errors import InputError
from tamr_provider.resources._program import tenant_url
from tamr_provider.stackfile.parser import find_tamr_problems, parse_products, parse_slots
from tamr_provider.stackfile.since.lookup import find_program_sinces
from tamr_provider.stackfile.since.origin import CUT_OFF, NO_GIT_WARNING, WITHOUT_GIT

if TYPE_CHECKING:
    from tamr_provider.stackfile.product import Product


def stack_products() -> dict[str, Product]:
    """Return the products of the stack's config `<project>:products`, by name.

    A version counts from the commit that brought it, or from a `since` that came with it.

    Raises:
        pulumi.RunError: with all problems of the config. The engine shows it without a traceback.
    """
    problems = _tamr_problems()
    products: dict[str, Product] = {}
    try:
        raw: Any = pulumi.Config().get_object("products")
        products = parse_products(raw, SystemClock().now())
    except (InputError, pulumi.ConfigTypeError) as error:
        file = f"Pulumi.{pulumi.get_stack()}.yaml"
        problems += [f"{file}: {problem}" for problem in str(error).splitlines()]
    if not problems:
        products, problems = _with_sinces(products)
    if problems:
        raise pulumi.RunError("\n".join(problems))
    return products


def _with_sinces(products: dict[str, Product]) -> tuple[dict[str, Product], list[str]]:
    """Return the products with their effective since, and the problems that block an update."""
    stack, now = pulumi.get_stack(), SystemClock().now()
    try:
        sinces = find_program_sinces(products, Path.cwd(), pulumi.get_project(), stack, now)
    except InputError as error:
        return products, str(error).splitlines()
    if any(since.known_by == WITHOUT_GIT for since in sinces.values()):
        pulumi.log.warn(NO_GIT_WARNING.removeprefix("warning: "))
    problems = [
        since.problem
        for since in sinces.values()
        # The provider knows the old inputs, so it decides without history.
        if since.problem and since.known_by not in (CUT_OFF, WITHOUT_GIT)
    ]
    counted = {
        name: product.with_since(
            product.since if sinces[name].known_by == CUT_OFF else sinces[name].at,
            sinces[name].known_by,
        )
        for name, product in products.items()
    }
    if pulumi.runtime.is_dry_run():
        for problem in problems:
            pulumi.log.warn(problem)
        return counted, []
    return counted, problems


def _tamr_problems() -> list[str]:
    config: dict[str, Any] = {"tamr:url": tenant_url() or None}
    key = pulumi.Config("tamr").get("apiKey")
    if key and not is_config_secret("tamr:apiKey"):
        config["tamr:apiKey"] = key
    problems = find_tamr_problems(config)
    slots = pulumi.Config("tamr").get("slots")
    if slots is not None:
        try:
            parse_slots(slots)
        except InputError as error:
            problems += error.problems
    return [f"Pulumi.{pulumi.get_stack()}.yaml: {problem}" for problem in problems]


def end_quietly_on_interrupt() -> None:
    """Exit without a traceback when the engine interrupts the program.

    The engine does so after a failure, and a KeyboardInterrupt traceback would hide its message.
    Nothing is lost: the engine already has the results.
    """
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
