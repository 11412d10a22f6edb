"""The band of durations from the tenth to the ninetieth percentile, over many simulated runs."""

from __future__ import annotations

import random
from datetime import timedelta

from support.fake_tenant import UPDATE, Tenant
from tamr_provider.emulator.fault_rules import FaultRules, JobRule
from tamr_provider.tenant.durations import usual_duration

RUNS = 400


def test_eight_of_ten_log_normal_runs_end_inside_the_band() -> None:
    """Compare every run with the estimate before it; the durations have a spread of ±50 %."""
    chance = random.Random(6)
    lengths = [timedelta(seconds=chance.lognormvariate(7.9, 0.4)) for _ in range(RUNS)]
    rules = [JobRule(times=1, duration=length) for length in lengths]
    tenant = Tenant(fault_rules=FaultRules(jobs=rules), pending=timedelta(0))
    client, inside, judged = tenant.client(), 0, 0
    for length in lengths:
        usual = usual_duration(client, UPDATE)
        client.create_job(UPDATE)
        tenant.clock.elapsed += length.total_seconds() + 1
        if usual is not None:
            judged += 1
            inside += usual.tenth <= length <= usual.ninetieth
    assert judged == RUNS - 3
    assert 0.76 <= inside / judged <= 0.86
