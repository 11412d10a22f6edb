"""What has to be true of one environment before another may have its version."""

from __future__ import annotations

import functools
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tamr_provider.client.connection import connect
from tamr_provider.errors import TamrError
from tamr_provider.planning.dry_run import plan_stack
from tamr_provider.planning.product_state import ProductState
from tamr_provider.settings import read_settings
from tamr_provider.stackfile.since.lookup import count_sinces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tamr_provider.clock import Clock
    from tamr_provider.stackfile.product import Product
    from tamr_provider.stackfile.project import Project


@dataclass(frozen=True)
class PromotionRequest:
    """A version of a product that a stack is to hold if the stack `before` it does."""

    product: str
    version: str
    stack: str
    before: str


def promotion_gate(
    project: Project,
    stack: str,
    products: Mapping[str, Product],
    env: Mapping[str, str],
    clock: Clock,
) -> Callable[[str], str]:
    """Return what tells why a product's version may not run on the stack, by its `promoteFrom`.

    It asks the tenant of that stack, once for each product. A version that was rolled back to, or
    is overridden, may run.
    """

    @functools.cache
    def guard(name: str) -> str:
        product = products[name]
        if not product.promote_from or product.overridden or product.is_pinned:
            return ""
        candidate = PromotionRequest(name, product.version, stack, product.promote_from)
        return promotion_blocker(project, candidate, env, clock)

    return guard


def promotion_blocker(
    project: Project, wanted: PromotionRequest, env: Mapping[str, str], clock: Clock
) -> str:
    """Return why a candidate may not run, asking the tenant of the stack before; else nothing."""
    try:
        why = _why_not(project, wanted, env, clock)
    except TamrError as error:
        said = "; ".join(str(error).splitlines())
        why = f"{wanted.before} cannot be asked whether it holds {wanted.version}: {said}"
    if not why:
        return ""
    names = [wanted.product, "--from", wanted.before, "--to", wanted.stack or "STACK"]
    return f"promoteFrom: {why}; once it does: tamr promote {shlex.join(names)}"


def _why_not(
    project: Project, wanted: PromotionRequest, env: Mapping[str, str], clock: Clock
) -> str:
    before, name = wanted.before, wanted.product
    now = clock.now()
    file = project.read_stack(before, now)
    if name not in file.products:
        return f"{before} has no product {name}"
    file = count_sinces(file, project, before, now)
    product, problem = file.products[name], file.sinces[name].problem
    if problem:
        return problem
    if product.version != wanted.version:
        return f"{before} is to hold {product.version}, not {wanted.version}"
    # The address in the environment is meant for the stack that is run.
    own = {key: value for key, value in env.items() if key != "TAMR_URL" or not file.url}
    settings = read_settings(own, before, file.url, file.slots)
    with connect(settings, clock) as client:
        plan = plan_stack(client, clock, {name: product}, settings.slots, before)
    blocker = ProductState(plan, name).blocker
    if blocker is None:
        return ""
    why = f"{blocker.step.configuration}: {blocker.reason}"
    return f"{before} does not hold {wanted.version} yet ({why})"
