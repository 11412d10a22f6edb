"""The status of several environments: deployed versions, requests, pins, promotions, outages."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from support.fake_clock import START, FakeClock
from support.fake_tenant import Tenant
from support.git_histories import History, clock, product, stack
from tamr_provider.client.http import HttpSession
from tamr_provider.client.jobs import JobsClient
from tamr_provider.decision.states import State
from tamr_provider.environments.status_reader import read_environments
from tamr_provider.errors import InputError
from tamr_provider.models import Configuration
from tamr_provider.stackfile.project import find_project

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tamr_provider.clock import Clock
    from tamr_provider.environments.status import EnvironmentStatus, ProductStatus
    from tamr_provider.settings import Settings

UPDATE = Configuration.update("dp_customers")
KEYS = {"TAMR_API_KEY": "k"}


def file_of(name: str) -> str:
    return f"stacks/Pulumi.{name}.yaml"


def url_of(name: str) -> str:
    return f"https://{name}.tamr.cloud"


def stack_of(name: str, *products: str) -> str:
    return stack(*products).replace("http://127.0.0.1:8080", url_of(name))


class World:
    """A repository, and a tenant for each of its stacks; all have one clock."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.move_to(0)
        durations = {"update": timedelta(minutes=1)}
        self.tenants = {
            name: Tenant(self.clock, durations=durations, pending=timedelta(0)) for name in names
        }
        self.commits = History()
        self.away: set[str] = set()
        self.opened: list[str] = []
        self.requests: list[str] = []

    def commit(self, hours: float, message: str = "x", **products: str) -> None:
        """Add a commit, `hours` after the start, with these products by stack."""
        files = {file_of(name): stack_of(name, text) for name, text in products.items()}
        self.commits.commit(clock(hours), files, message=message)

    def write(self, stack: str, text: str) -> None:
        """Change a file without a commit."""
        (self.folder / file_of(stack)).write_text(stack_of(stack, text), encoding="utf-8")

    def run_job(self, stack: str, hours: float) -> None:
        """Let an update begin `hours` after the first commit, and end a minute later."""
        self.move_to(hours)
        self.tenants[stack].start(UPDATE)
        self.clock.elapsed += 60

    def move_to(self, hours: float) -> None:
        self.clock.elapsed = (clock(hours) - START).total_seconds()

    def read(self, *stacks: str, env: Mapping[str, str] = KEYS, **more: Any) -> Any:
        """Return the environments by name."""
        if not (self.folder / ".git").exists():
            self.commits.write(self.folder)
        found = read_environments(
            find_project(self.folder),
            stacks,
            env,
            self.clock,
            lambda _: None,
            open_client=self._open,
            **more,
        )
        return {environment.stack: environment for environment in found}

    def product(self, stack: str, *stacks: str) -> ProductStatus:
        environment: EnvironmentStatus = self.read(*stacks)[stack]
        (status,) = environment.products
        return status

    def _open(
        self,
        settings: Settings,
        clock: Clock,
        stop: threading.Event,
        on_outage: Callable[[str], None],
        connect_seconds: float | None,
    ) -> AbstractContextManager[JobsClient]:
        name = settings.url.partition("//")[2].partition(".")[0]
        self.opened.append(name)
        transport = self.tenants[name].transport()
        if name in self.away:
            transport = httpx.MockTransport(self._refuse)
        session = HttpSession(
            settings, clock, stop, transport, on_outage, connect_seconds=connect_seconds
        )
        return closing(JobsClient(session))

    def _refuse(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request.method)
        raise httpx.ConnectError("refused", request=request)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "repository", "prod", "staging")


def customers(version: str, more: str = "") -> str:
    return product(version) + more


def test_who_asked_for_a_version_is_known_from_its_commit(world: World) -> None:
    world.commit(0, staging=customers("v1"))
    world.commit(1, staging=customers("v2"), message="Bump customers (#12)")
    world.commit(2, staging=customers("v2", "      maxAttempts: 5\n"))
    world.move_to(3)
    asked = world.product("staging").requested_by
    assert asked is not None
    assert (asked.author, asked.at, asked.pull_request) == ("Ann", clock(1), "12")
    assert len(asked.commit) == 40


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("Merge pull request #7 from acme/bump", "7"),
        ("Revert #7", ""),
        ("Bump (#7) again", ""),
    ],
)
def test_a_pull_request_is_read_from_the_subject(world: World, subject: str, number: str) -> None:
    world.commit(0, staging=customers("v1"), message=subject)
    world.move_to(1)
    asked = world.product("staging").requested_by
    assert asked is not None
    assert asked.pull_request == number


def test_nobody_is_known_to_have_asked_for_what_is_not_committed(world: World) -> None:
    world.commit(0, staging=customers("v1"))
    world.move_to(1)
    world.read()
    world.write("staging", customers("v2"))
    assert world.product("staging").requested_by is None


def test_the_deployed_version_is_the_newest_one_that_is_complete(world: World) -> None:
    world.commit(0, staging=customers("v1"))
    world.commit(1, staging=customers("v2"))
    world.commit(2, staging=customers("v3"))
    world.run_job("staging", 0.5)
    world.run_job("staging", 1.5)
    world.move_to(3)
    status = world.product("staging")
    assert status.progress.state is State.PENDING
    assert status.deployed_version == "v2"
    assert status.deployed_since == clock(1.5 + 1 / 60)


def test_a_version_of_long_ago_is_found_behind_many_that_never_ran(world: World) -> None:
    for number in range(20):
        world.commit(number, staging=customers(f"v{number}"))
    world.run_job("staging", 0.5)
    world.move_to(30)
    assert world.product("staging").deployed_version == "v0"
    assert len(world.tenants["staging"].requests("GET")) < 20


def test_an_uncommitted_version_leaves_the_one_before_deployed(world: World) -> None:
    world.commit(0, staging=customers("v1"))
    world.run_job("staging", 0.5)
    world.move_to(1)
    assert world.product("staging").deployed_version == "v1"
    world.write("staging", customers("v2"))
    status = world.product("staging")
    assert (status.product.version, status.deployed_version) == ("v2", "v1")


def test_a_version_was_deployed_with_the_steps_of_then(world: World) -> None:
    world.commit(0, staging=customers("v1"))
    world.commit(1, staging=customers("v2", "      sources: [src_new]\n"))
    world.run_job("staging", 0.5)
    world.move_to(2)
    assert world.product("staging").deployed_version == "v1"


def test_a_step_that_is_new_leaves_the_same_version_deployed(world: World) -> None:
    world.commit(0, staging=customers("v1"))
    world.commit(1, staging=customers("v1", "      sources: [src_new]\n"))
    world.run_job("staging", 0.5)
    world.move_to(2)
    status = world.product("staging")
    assert (status.progress.state, status.deployed_version) == (State.PENDING, "v1")


def test_nothing_is_deployed_where_no_version_ran(world: World) -> None:
    world.commit(0, staging=customers("v1"))
    world.commit(1, staging=customers("v2"))
    world.move_to(2)
    status = world.product("staging")
    assert (status.deployed_version, status.deployed_since) == (None, None)
    assert status.age_seconds is None
    assert not status.is_stale


def test_a_renamed_product_keeps_what_was_deployed(world: World) -> None:
    world.commit(0, staging=customers("v1"))
    clients = product("v2", name="clients", more="      dataProduct: dp_customers")
    world.commit(1, staging=clients)
    world.run_job("staging", 0.5)
    world.move_to(2)
    assert world.product("staging").deployed_version == "v1"


@pytest.mark.parametrize(("hours", "is_stale"), [(2, False), (3, True)])
def test_a_deployment_is_stale_after_its_maximum_age(
    world: World, hours: float, is_stale: bool
) -> None:
    world.commit(0, staging=customers("v1", "      maxAgeHours: 1.5\n"))
    world.run_job("staging", 0.9)
    world.move_to(hours)
    status = world.product("staging")
    assert status.progress.is_satisfied
    assert status.is_stale is is_stale
    assert world.tenants["staging"].posts() == 1  # The job above: a stale product runs nothing.


PINNED = "      pinned: v1\n"


def test_a_pin_needs_a_user_once_another_stack_asks_for_more(world: World) -> None:
    world.commit(0, staging=customers("v2"), prod=customers("v1", PINNED))
    world.run_job("prod", 0.5)
    world.move_to(1)
    progress = world.product("prod", "prod").progress
    assert progress.state is State.SATISFIED
    assert progress.needs_action
    assert progress.reason == "pinned to v1 after a rollback; staging has v2"
    promote = "tamr promote customers --from staging --to prod --unpin"
    assert progress.next_command == promote


def test_a_pin_is_compared_with_the_stack_of_its_promotions(world: World) -> None:
    upstream = PINNED + "      promoteFrom: qa\n"
    world.commit(0, staging=customers("v2"), prod=customers("v1", upstream))
    world.move_to(1)
    assert not world.product("prod", "prod").progress.needs_action


def test_a_pin_without_a_newer_version_needs_nobody(world: World) -> None:
    world.commit(0, staging=customers("v1"), prod=customers("v1", PINNED))
    world.move_to(1)
    assert not world.product("prod").progress.needs_action


GATED = "      promoteFrom: staging\n"


def test_a_tenant_that_is_read_anyway_is_not_queried_for_a_promotion(world: World) -> None:
    world.commit(0, staging=customers("v1"), prod=customers("v1", GATED))
    world.move_to(1)
    status = world.product("prod")
    assert status.progress.state is State.HOLD
    assert status.progress.reason.startswith("staging does not have v1 yet (promoteFrom: ")
    assert sorted(world.opened) == ["prod", "staging"]
    world.run_job("staging", 1)
    world.move_to(2)
    assert world.product("prod").progress.state is State.PENDING


def test_an_upstream_that_is_away_is_said_once(world: World) -> None:
    world.commit(0, staging=customers("v1"), prod=customers("v1", GATED))
    world.move_to(1)
    world.away.add("staging")
    began = world.clock.elapsed
    environments = world.read()
    assert environments["staging"].is_away
    assert environments["staging"].products[0].progress.state is State.UNKNOWN
    (gated,) = environments["prod"].products
    assert gated.progress.reason.startswith("cannot check whether staging has v1 (promoteFrom: ")
    assert world.clock.elapsed - began == 3
    assert len(world.requests) > 1


def test_several_stacks_are_read_at_their_own_addresses(world: World) -> None:
    world.commit(0, staging=customers("v1"), prod=customers("v1"))
    world.move_to(1)
    env = {**KEYS, "TAMR_URL": url_of("staging")}
    assert {name: found.url for name, found in world.read(env=env).items()} == {
        "prod": url_of("prod"),
        "staging": url_of("staging"),
    }
    assert world.read("prod", env=env)["prod"].url == url_of("staging")


def test_an_unknown_product_is_refused_before_any_request(world: World) -> None:
    world.commit(0, staging=customers("v1"), prod=customers("v1"))
    world.move_to(1)
    with pytest.raises(InputError, match='unknown product "nope"'):
        world.read(products=["customers", "nope"])
    assert world.opened == []
