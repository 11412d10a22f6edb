"""What the stack's program needs besides its pipelines: its config, and a quiet end."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime import is_config_secret

from tamr_provider.clock import SystemClock
from tamr_provider.errors import InputError
from tamr_provider.resources.pipeline import tenant_url
from tamr_provider.settings import url_problem
from tamr_provider.stackfile.parser import read_products, read_slots
from tamr_provider.stackfile.since.lookup import stack_sinces
from tamr_provider.stackfile.since.origin import CUT_OFF, NO_GIT_WARNING, WITHOUT_GIT

if TYPE_CHECKING:
    from tamr_provider.stackfile.product import Product


def stack_products() -> dict[str, Product]:
    """Return the products of the stack's config `<project>:products`.

    Each counts from the commit that brought its version, or from a `since` that came with it.
    Raises pulumi.RunError, which the engine shows without a traceback, with every problem.
    """
    problems = _tamr_problems()
    products: dict[str, Product] = {}
    try:
        raw: Any = pulumi.Config().get_object("products")
        products = read_products(raw, SystemClock().now())
    except (InputError, pulumi.ConfigTypeError) as error:
        where = f"Pulumi.{pulumi.get_stack()}.yaml"
        problems += [f"{where}: {problem}" for problem in str(error).splitlines()]
    if not problems:
        products, problems = _counted(products)
    if problems:
        raise pulumi.RunError("\n".join(problems))
    return products


def _counted(products: dict[str, Product]) -> tuple[dict[str, Product], list[str]]:
    """Return the products with the since that counts, and why an update has to refuse them."""
    stack, now = pulumi.get_stack(), SystemClock().now()
    try:
        sinces = stack_sinces(products, Path.cwd(), pulumi.get_project(), stack, now)
    except InputError as error:
        return products, str(error).splitlines()
    if any(since.known_by == WITHOUT_GIT for since in sinces.values()):
        pulumi.log.warn(NO_GIT_WARNING.removeprefix("warning: "))
    problems = [
        since.problem
        for since in sinces.values()
        if since.problem and since.known_by not in (CUT_OFF, WITHOUT_GIT)  # the provider decides
    ]
    counted = {
        name: product.counting_from(
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
    where, url = f"Pulumi.{pulumi.get_stack()}.yaml", tenant_url()
    problems = []
    if not url:
        problems.append(
            f"{where}: tamr:url: missing; allowed: the tenant's address (or set TAMR_URL)"
        )
    elif problem := url_problem(url):
        problems.append(f"{where}: tamr:url: {problem}")
    slots = pulumi.Config("tamr").get("slots")
    if slots is not None:
        try:
            read_slots(slots)
        except InputError as error:
            problems += [f"{where}: {problem}" for problem in error.problems]
    if pulumi.Config("tamr").get("apiKey") and not is_config_secret("tamr:apiKey"):
        problems.append(
            f"{where}: tamr:apiKey: found in clear; revoke that key, then "
            "`pulumi config set --secret tamr:apiKey`, or set TAMR_API_KEY instead"
        )
    return problems


def end_quietly_on_interrupt() -> None:
    """End the program at once when the engine interrupts it, as it does after any failure.

    Otherwise Python's KeyboardInterrupt traceback hides the line that says what failed. The
    engine has the results already; nothing is lost.
    """
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
