"""The board in four situations: empty, a normal day, a bad day, and 60 products in 3 environments.

Jobs are made up; states, plans and reasons come from the functions that real runs use.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from support.sample_jobs import failed, make_job, stopped, succeeded
from tamr_provider.cli.output.page import format_page
from tamr_provider.decision.states import State
from tamr_provider.decision.steps import pipeline_phases
from tamr_provider.environments.status import EnvironmentStatus, ProductStatus, RequestedBy
from tamr_provider.environments.timeline import build_timelines
from tamr_provider.models import PENDING, RUNNING, Configuration, Job
from tamr_provider.planning.plan import plan_steps
from tamr_provider.planning.product_state import judge_product, unknown_product
from tamr_provider.stackfile.product import Product
from tamr_provider.stackfile.since.effective import BY_COMMIT
from tamr_provider.stackfile.since.origin import COMMITTED, Since
from tamr_provider.tenant.durations import DurationStats
from tamr_provider.tenant.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NOW = datetime(2026, 11, 25, 16, 40, tzinfo=timezone.utc)
BACK = timedelta(days=7)
DAY = timedelta(days=1)
AUTHORS = ("Ada Lovelace", "Grace Hopper", "Edsger Dijkstra", "Renée Müller-Lüdenscheidt")
USUAL = {"load": 20.0, "update": 45.0, "publish": 8.0}
NO_ACCESS = ("NO_ACCESS", "credentials of connection 'erp-db' expired")


@dataclass
class Tenant:
    """A tenant whose jobs a test makes up."""

    url: str
    slots: int = 5
    jobs: list[Job] = field(default_factory=list)

    def add(self, configuration: Configuration, start: datetime, minutes: float) -> datetime:
        """Let a job succeed, and return its end."""
        end = start + timedelta(minutes=minutes)
        self.jobs.append(succeeded(self._next_id(), configuration, start, end))
        return end

    def fail(self, configuration: Configuration, start: datetime, *cause: str) -> None:
        """Let a job fail after three minutes."""
        end = start + timedelta(minutes=3)
        self.jobs.append(failed(self._next_id(), configuration, start, end, *cause))

    def stop(self, configuration: Configuration, start: datetime) -> None:
        """Let a user stop a job after nine minutes."""
        end = start + timedelta(minutes=9)
        self.jobs.append(stopped(self._next_id(), configuration, start, end))

    def start(self, configuration: Configuration, start: datetime, state: str = RUNNING) -> None:
        """Leave a job active."""
        self.jobs.append(make_job(self._next_id(), configuration, start, state))

    def run(self, product: Product, start: datetime, rng: random.Random) -> datetime:
        """Let every step of a product succeed, and return the end of the last one."""
        at = start
        for phase in pipeline_phases("", product):
            usual = (USUAL[step.configuration.type] * rng.uniform(0.8, 1.3) for step in phase)
            at = max(
                self.add(step.configuration, at, minutes)
                for step, minutes in zip(phase, usual, strict=True)
            )
        return at

    def _next_id(self) -> str:
        text = f"{self.url}{len(self.jobs)}"
        return f"job_{hashlib.sha256(text.encode()).hexdigest()[:22]}"


def make_product(name: str, version: str, since: datetime, **more: Any) -> Product:
    """Return a product with two loads, an update and a publish."""
    keys = {
        "version": version,
        "since": since.isoformat(),
        "sources": [f"src_{name}_crm", f"src_{name}_erp"],
        "dataProduct": f"dp_{name}",
        "publish": [f"{name} export"],
        **more,
    }
    return Product.model_validate(keys)


def make_environment(
    stack: str,
    tenant: Tenant,
    products: dict[str, Product],
    gate: Callable[[str], str] = lambda _: "",
) -> EnvironmentStatus:
    """Return what `read_environments` would return for these jobs."""
    snapshot = Snapshot(tuple(tenant.jobs), NOW)
    plan = plan_steps(snapshot, products, tenant.slots, stack, gate).forecast(_usual)
    statuses = []
    for name, product in products.items():
        progress = judge_product(name, stack, plan.steps, NOW, f"tamr up --stack {stack}")
        is_deployed = progress.state is State.SATISFIED
        statuses.append(
            ProductStatus(
                product=product,
                progress=progress,
                deployed_version=product.version if is_deployed else "2026-11-20",
                deployed_since=progress.satisfied_since if is_deployed else NOW - 5 * DAY,
                requested_by=_request(name, product),
                since=Since(product.since, COMMITTED, BY_COMMIT, _commit(name, product)),
            )
        )
    return EnvironmentStatus(stack, tenant.url, tuple(statuses), "", False, plan, snapshot)


def make_unreachable(stack: str, url: str, products: dict[str, Product]) -> EnvironmentStatus:
    """Return an environment whose tenant did not respond."""
    reason = f"{url} cannot be reached: connection refused"
    statuses = []
    for name, product in products.items():
        steps = [step for phase in pipeline_phases(name, product) for step in phase]
        unknown = unknown_product(name, stack, steps, NOW, reason)
        statuses.append(ProductStatus(product, unknown, requested_by=_request(name, product)))
    return EnvironmentStatus(stack, url, tuple(statuses), reason, is_away=True)


def _usual(configuration: Configuration) -> DurationStats:
    minutes = USUAL[configuration.type]
    low, high = timedelta(minutes=minutes * 0.8), timedelta(minutes=minutes * 1.4)
    return DurationStats(timedelta(minutes=minutes), low, high)


def _commit(name: str, product: Product) -> str:
    return hashlib.sha256(f"{name}{product.version}".encode()).hexdigest()[:40]


def _request(name: str, product: Product) -> RequestedBy:
    commit = _commit(name, product)
    author = AUTHORS[int(commit[:4], 16) % len(AUTHORS)]
    return RequestedBy(commit, author, product.not_before - timedelta(minutes=1), "118")


def empty() -> list[EnvironmentStatus]:
    """Return two environments without products."""
    tenants = (Tenant("https://acme-staging.tamr.cloud"), Tenant("https://acme.tamr.cloud"))
    return [
        make_environment(stack, tenant, {})
        for stack, tenant in zip(("staging", "prod"), tenants, strict=True)
    ]


def normal() -> list[EnvironmentStatus]:
    """Return six products in two environments; one of them is being deployed."""
    rng = random.Random(6)
    staging, prod = Tenant("https://acme-staging.tamr.cloud"), Tenant("https://acme.tamr.cloud")
    names = ("customers", "suppliers", "orders", "contacts", "products", "sites")
    new, old = NOW - timedelta(hours=9), NOW - timedelta(hours=20)
    in_staging, in_prod = {}, {}
    for number, name in enumerate(names):
        in_staging[name] = make_product(name, "2026-11-25", new)
        is_new = name in {"contacts", "sites"}
        version, since = ("2026-11-25", new) if is_new else ("2026-11-24", old)
        in_prod[name] = make_product(name, version, since, promoteFrom="staging")
        for day in range(6, 0, -1):
            start = NOW - day * DAY + timedelta(minutes=-500 + 40 * number)
            staging.run(in_staging[name], start, rng)
        for day in range(6, 1, -1):
            prod.run(in_prod[name], NOW - day * DAY + timedelta(minutes=35 * number), rng)
        prod.run(in_prod[name], since + timedelta(minutes=15 + 35 * number), rng)
        if name not in {"customers", "orders"}:
            staging.run(in_staging[name], new + timedelta(minutes=10 + 55 * number), rng)
    customers, orders = in_staging["customers"], in_staging["orders"]
    at = NOW - timedelta(minutes=52)
    for source in customers.sources:
        staging.add(Configuration.load(source), at, 19)
    staging.start(Configuration.update("dp_customers"), NOW - timedelta(minutes=12))
    staging.add(Configuration.load(orders.sources[0]), NOW - timedelta(minutes=41), 23)
    staging.start(Configuration.load(orders.sources[1]), NOW - timedelta(minutes=16))
    staging.start(Configuration.update("dp_finance"), NOW - timedelta(minutes=70))
    staging.add(Configuration.load("src_finance"), NOW - timedelta(hours=4), 65)
    return [
        make_environment("staging", staging, in_staging),
        make_environment("prod", prod, in_prod),
    ]


def bad_day() -> list[EnvironmentStatus]:
    """Return a day with failures, a stop, a freeze, a hold, and a tenant that is away."""
    rng = random.Random(7)
    staging, prod = Tenant("https://acme-staging.tamr.cloud"), Tenant("https://acme.tamr.cloud")
    since, old = NOW - timedelta(hours=7), NOW - 5 * DAY
    names = ("customers", "suppliers", "orders", "contacts", "products", "sites")
    in_staging = {name: make_product(name, "2026-11-25", since) for name in names}
    rules: dict[str, dict[str, Any]] = {
        "customers": {"promoteFrom": "staging"},
        "suppliers": {"freeze": ["Wed 12:00 - Thu 08:00 UTC"]},
        "orders": {"maxAgeHours": 48},
    }
    in_prod = {
        name: make_product(
            name,
            "2026-11-20" if name in {"orders", "sites"} else "2026-11-25",
            old if name in {"orders", "sites"} else since,
            **rules.get(name, {}),
        )
        for name in names
    }
    for name in ("customers", "suppliers", "sites"):
        staging.run(in_staging[name], since + timedelta(minutes=5), rng)
    for name in ("orders", "sites"):
        prod.run(in_prod[name], old + timedelta(minutes=30), rng)
    load = Configuration.load("src_orders_crm")
    for minutes in (300, 200, 100):
        staging.fail(load, NOW - timedelta(minutes=minutes), *NO_ACCESS)
    staging.add(Configuration.load("src_orders_erp"), NOW - timedelta(minutes=300), 20)
    staging.add(Configuration.load("src_contacts_crm"), NOW - timedelta(minutes=90), 20)
    staging.add(Configuration.load("src_contacts_erp"), NOW - timedelta(minutes=90), 25)
    staging.fail(
        Configuration.update("dp_contacts"),
        NOW - timedelta(minutes=60),
        "INTERNAL",
        "the cluster ran out of memory while it clustered 12,480,113 records; see the run's log",
    )
    staging.stop(Configuration.load("src_products_crm"), NOW - timedelta(minutes=130))
    staging.add(Configuration.load("src_products_erp"), NOW - timedelta(minutes=130), 22)
    prod.start(Configuration.load("src_contacts_crm"), NOW - timedelta(minutes=9))
    prod.start(Configuration.load("src_contacts_erp"), NOW - timedelta(minutes=2), PENDING)
    prod.start(Configuration.update("dp_finance"), NOW - timedelta(minutes=30))
    prod.start(Configuration.load("src_hr"), NOW - timedelta(minutes=20))
    prod.start(Configuration.load("src_web"), NOW - timedelta(minutes=31))
    dr = {name: make_product(name, "2026-11-20", old) for name in ("customers", "orders")}
    return [
        make_environment("staging", staging, in_staging),
        make_environment("prod", prod, in_prod, _blocked),
        make_unreachable("recovery", "https://acme-dr.tamr.cloud", dr),
    ]


def _blocked(name: str) -> str:
    return "promoteFrom: staging does not have 2026-11-25 yet" if name == "customers" else ""


def many() -> list[EnvironmentStatus]:
    """Return 60 products in 3 environments with a week of daily runs."""
    rng = random.Random(60)
    environments = []
    for stack, url in (("dev", "acme-dev"), ("staging", "acme-staging"), ("prod", "acme")):
        tenant = Tenant(f"https://{url}.tamr.cloud", slots=12)
        products = {}
        for number in range(60):
            name = f"{_AREAS[number % 10]}-{_KINDS[number // 10]}"
            since = NOW - timedelta(hours=15) + timedelta(minutes=number)
            products[name] = make_product(name, "2026-11-25", since)
            for day in range(6, 0, -1):
                start = NOW - day * DAY - timedelta(minutes=900 - 12 * number)
                tenant.run(products[name], start, rng)
            _finish(tenant, products[name], since + timedelta(minutes=11 * number), rng)
        environments.append(make_environment(stack, tenant, products))
    return environments


def _finish(tenant: Tenant, product: Product, start: datetime, rng: random.Random) -> None:
    """Let today's run succeed, fail or still run."""
    loads = [Configuration.load(source) for source in product.sources]
    chance = rng.random()
    if start > NOW - timedelta(hours=2):
        if chance < 0.5:
            tenant.start(loads[0], start)
    elif chance < 0.05:
        for load in loads:
            tenant.fail(load, start, *NO_ACCESS)
    else:
        tenant.run(product, start, rng)


_AREAS = (
    "customer", "supplier", "product", "contact", "contract",
    "location", "material", "employee", "account", "asset",
)  # fmt: skip
_KINDS = ("emea", "amer", "apac", "global", "legacy", "reference")
SAMPLES = {"empty": empty, "normal": normal, "bad-day": bad_day, "many": many}


def format_sample(environments: Sequence[EnvironmentStatus], now: datetime = NOW) -> str:
    """Return the page of a sample."""
    return format_page("acme-pipelines", environments, build_timelines(environments, BACK), now)
