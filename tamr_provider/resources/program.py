"""What the stack's program needs besides its pipelines: its config, and a quiet end."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime import is_config_secret

from tamr_provider.clock import SystemClock
from tamr_provider.errors import InputError
from tamr_provider.resources.pipeline import tenant_url
from tamr_provider.settings import url_problem
from tamr_provider.stackfile.read import read_products

if TYPE_CHECKING:
    from tamr_provider.stackfile.product import Product


def stack_products() -> dict[str, Product]:
    """Return the products of the stack's config `<project>:products`.

    Raises pulumi.RunError, which the engine shows without a traceback, with every problem.
    """
    problems = _tamr_problems()
    products: dict[str, Product] = {}
    try:
        raw: Any = pulumi.Config().get_object("products")
        products = read_products(raw, SystemClock().now())
    except (InputError, pulumi.ConfigTypeError) as error:
        problems += str(error).splitlines()
    if problems:
        where = f"Pulumi.{pulumi.get_stack()}.yaml"
        raise pulumi.RunError("\n".join(f"{where}: {each}" for each in problems))
    return products


def _tamr_problems() -> list[str]:
    url = tenant_url()
    problems = []
    if not url:
        problems.append("tamr:url: missing; allowed: the tenant's address (or set TAMR_URL)")
    elif problem := url_problem(url):
        problems.append(f"tamr:url: {problem}")
    if pulumi.Config("tamr").get("apiKey") and not is_config_secret("tamr:apiKey"):
        problems.append(
            "tamr:apiKey: found in clear; revoke that key, then "
            "`pulumi config set --secret tamr:apiKey`, or set TAMR_API_KEY instead"
        )
    return problems


def end_quietly_on_interrupt() -> None:
    """End the program at once when the engine interrupts it, as it does after any failure.

    Otherwise Python's KeyboardInterrupt traceback hides the line that says what failed. The
    engine has the results already; nothing is lost.
    """
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
