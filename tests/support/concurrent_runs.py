"""Families of schedules with several parties: runners that race, and people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.schedule_player import SINCE, SMALL, facts
from support.schedules import Tally, errors_of, mixture, undisturbed
from support.simulation import RacyWorld
from tamr_provider.emulator.fault_rules import FaultRules
from tamr_provider.models import Configuration

if TYPE_CHECKING:
    from tamr_provider.reconciler.stack_run import StackRun

CUSTOMERS = {
    "customers": {"version": "v1", "since": SINCE, "sources": ["src_crm"], "dataProduct": "dp"}
}
SUPPLIERS = {
    "suppliers": {
        "version": "v7",
        "since": "2026-11-20T10:30:00Z",
        "sources": ["src_crm", "src_erp"],
        "dataProduct": "dp_suppliers",
    }
}
LOAD = Configuration.load("src_crm")
WIRED = str(LOAD.to_wire())


def races(runners: int, seeds: int, kills: int = 0, share: float = 0.0) -> Tally:
    """Interleave runners of the same steps at random, some of them killed on the way."""
    name = f"{runners} runs at the same time" + f", {kills} killed" * bool(kills)
    tally = Tally(name + f", {share:.0%} of responses spoiled" * bool(share))
    usual = undisturbed(SMALL).sent * runners
    for seed in range(seeds):
        world = RacyWorld(seed, fault_rules=mixture(seed, share) if share else FaultRules())
        results: list[StackRun] = []
        for _ in range(runners):
            world.simulation.runner(SMALL, results)
        world.simulation.run(kills)
        if results:
            tally.add(f"seed {seed}", world, SMALL, errors_of(*results), usual)
    return tally


def overlapping_stacks(seeds: int) -> Tally:
    """Interleave runners of two stacks that share a source and want it since different times."""
    tally, both = Tally("4 runs of two stacks that share a source"), {**CUSTOMERS, **SUPPLIERS}
    usual = 2 * (undisturbed(CUSTOMERS).sent + undisturbed(SUPPLIERS).sent)
    for seed in range(seeds):
        world, results = RacyWorld(seed), list[Any]()
        for raw in (CUSTOMERS, SUPPLIERS) * 2:
            world.simulation.runner(raw, results)
        world.simulation.run()
        tally.add(f"seed {seed}", world, both, errors_of(*results), usual)
    return tally


def beside_a_person(seeds: int) -> Tally:
    """Let a person start the same job by hand within the same second; the first job stays."""
    tally, usual = Tally("a run and a user in the same second"), undisturbed(SMALL).sent
    for seed in range(seeds):
        world, results, theirs = RacyWorld(seed), list[Any](), list[str]()
        world.simulation.runner(SMALL, results)
        world.simulation.spawn(lambda w=world, t=theirs: _start_by_hand(w, t))  # type: ignore[misc]
        world.simulation.run()
        first = facts(world)[WIRED][0]
        problems = errors_of(*results)
        if first["outcome"] != "succeeded":
            whose = "the person's" if first["jobId"] in theirs else "our"
            problems.append(f"{whose} earlier job did not stay")
        tally.add(f"seed {seed}", world, SMALL, problems, usual + 1)
    return tally


def _start_by_hand(world: RacyWorld, theirs: list[str]) -> None:
    world.simulation.pause(world.clock.elapsed + world.simulation.random.uniform(0, 1))
    theirs.append(world.start(LOAD))


def stopped_by_a_person(runners: int, seeds: int, kills: int = 0) -> Tally:
    """Let a person stop the first load at a random moment; run again and again, then retry.

    Nothing may be started for it until the retry, and one job after.
    """
    name = f"{runners} runs, a user stops their job" + f", {kills} killed" * bool(kills)
    tally, usual = Tally(name), undisturbed(SMALL).sent * (runners + 3)
    for seed in range(seeds):
        world, results = RacyWorld(seed), list[Any]()
        for _ in range(runners):
            world.simulation.runner(SMALL, results)
        world.simulation.spawn(lambda w=world: _stop_by_hand(w))  # type: ignore[misc]
        world.simulation.run(kills)
        if [job["outcome"] for job in facts(world).get(WIRED, [])][:1] != ["stopped"]:
            continue  # the person was killed, or the runner before its POST
        problems = _stays_stopped(world)
        retried_at = world.clock.true_now().isoformat()
        again = {"customers": {**SMALL["customers"], "retriedAt": retried_at}}
        problems += errors_of(world.run(again))
        tally.add(f"seed {seed}", world, SMALL, problems, usual)
    return tally


def _stop_by_hand(world: RacyWorld) -> None:
    """Stop the earliest load of the source, at a moment drawn from its first two minutes."""
    pause, draw = world.simulation.pause, world.simulation.random.uniform
    for _ in range(100):
        mine = facts(world).get(WIRED)
        if mine:
            pause(world.clock.elapsed + draw(0, 120))
            world.stop(mine[0]["jobId"])
            return
        pause(world.clock.elapsed + 0.05)


def _stays_stopped(world: RacyWorld) -> list[str]:
    before = len(facts(world)[WIRED])
    runs = [world.run(SMALL) for _ in range(2)]
    held = all("stopped by a user" in " ".join(errors_of(run)) for run in runs)
    problems = [] if held else ["the stopped step was not held"]
    if len(facts(world)[WIRED]) != before:
        problems.append("the stopped job was started again")
    return problems
