"""The list: order, pages, and the filter language."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.emulator_transport import START, Caller, RealTime
from tamr_provider.emulator import Options
from tamr_provider.emulator.fault_rules import FaultRules, JobRule
from tamr_provider.emulator.job import JobError
from tamr_provider.emulator.timestamps import format_timestamp


@pytest.fixture
def tenant() -> Caller:
    """Six jobs, all told at 11:00.

    job_1 load src_crm, 09:00, succeeded · job_2 load src_erp, 09:10, failed · job_3 update
    dp_customers, 10:00, stopped · job_4 update wf_apply, 10:20, running · job_5 publish "Test
    123" of dp_customers, 10:55, stopped while pending · job_6 publish dst_legacy, 11:00, pending
    """
    failing = JobRule(
        ids={"sourceId": "src_erp"}, outcome="failed", error=JobError("PLANNING_FAILED", "no")
    )
    caller = Caller(Options(fault_rules=FaultRules(jobs=[failing])))
    caller.load("src_crm")
    caller.wait(minutes=10)
    caller.load("src_erp")
    caller.wait(minutes=50)
    caller.create(update={"dataProductId": "dp_customers"})
    caller.wait(minutes=5)
    caller.stop("job_3")
    caller.wait(minutes=15)
    caller.create(update={"workflowId": "wf_apply"})
    caller.wait(minutes=35)
    caller.create(publish={"destinationId": "Test 123", "dataProductId": "dp_customers"})
    caller.stop("job_5")
    caller.wait(minutes=5)
    caller.create(publish={"destinationId": 'dst "legacy" \\'})
    return caller


def numbers(caller: Caller, wanted: str) -> str:
    return "".join(sorted(job_id[-1] for job_id in caller.listed(filter=wanted)))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("", "123456"),
        ('job_id = "job_2"', "2"),
        ('job_id != "job_2"', "13456"),
        ("configuration:load", "12"),
        ("configuration:update", "34"),
        ("configuration:publish", "56"),
        ('configuration.load.source_id = "src_crm"', "1"),
        ('configuration.update.data_product_id = "dp_customers"', "3"),
        ('configuration.update.workflow_id = "wf_apply"', "4"),
        ('configuration.publish.data_product_id = "dp_customers"', "5"),
        ('configuration.publish.destination_id = "Test 123"', "5"),
        (r'configuration.publish.destination_id = "dst \"legacy\" \\"', "6"),
        ("status.state = DONE", "1235"),
        ("status.state != DONE", "46"),
        ("status.state = RUNNING OR status.state = PENDING", "46"),
        ("status:error", "235"),
        ("configuration:load AND status.state = DONE", "12"),
        ('configuration.update.data_product_id = "dp_customers" AND NOT status:error', ""),
        ("start_time() AND NOT cancel_time()", "124"),
        ("create_time()", "123456"),
        ("start_time()", "1234"),
        ("cancel_time()", "3"),
        ("stop_time()", "1235"),
    ],
)
def test_a_filter_finds(tenant: Caller, wanted: str, found: str) -> None:
    assert numbers(tenant, wanted) == found


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ('create_time() < "2026-01-05T09:10:00Z"', "1"),
        ('create_time() <= "2026-01-05T09:10:00Z"', "12"),
        ('create_time() > "2026-01-05T09:10:00Z"', "3456"),
        ('create_time() >= "2026-01-05T09:10:00.000000000Z"', "23456"),
        ('NOT create_time() < "2026-01-05T09:10:00Z"', "23456"),
        ('create_time() < "2026-01-05T10:10:00+01:00"', "1"),
        ('create_time() < "2026-01-05T04:10:00-05:00"', "1"),
        ('start_time() < "2026-01-05T10:00:05.001Z"', "123"),
        ('stop_time() > "2026-01-05T10:05:01.999Z"', "35"),
    ],
)
def test_times_compare(tenant: Caller, wanted: str, found: str) -> None:
    assert numbers(tenant, wanted) == found


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">="])
def test_a_comparison_with_an_undefined_time_is_false(tenant: Caller, sign: str) -> None:
    assert "5" not in numbers(tenant, f'start_time() {sign} "2026-01-05T10:00:00Z"')
    assert "5" in numbers(tenant, f'NOT start_time() {sign} "2026-01-05T10:00:00Z"')


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("configuration:publish AND configuration:load OR status.state = PENDING", "6"),
        ("(configuration:publish AND configuration:load) OR status.state = PENDING", "6"),
        ("configuration:load OR configuration:update AND status.state = RUNNING", "4"),
        ("configuration:load OR (configuration:update AND status.state = RUNNING)", "124"),
        ("NOT configuration:load AND status.state = DONE", "35"),
        ("NOT (configuration:load AND status.state = DONE)", "3456"),
        ("NOT(configuration:load)AND(status.state=DONE)", "35"),
        ("((((configuration:load))))", "12"),
        ("NOT NOT configuration:load", "12"),
        ("NOT (NOT (configuration:load OR (configuration:update)) OR status:error)", "14"),
        ("  configuration : load\tAND\nstatus.state\n=\nDONE ", "12"),
    ],
)
def test_or_binds_tighter_than_and_not_tightest_and_parentheses_win(
    tenant: Caller, wanted: str, found: str
) -> None:
    assert numbers(tenant, wanted) == found


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ('jobId = "1"', "unknown path jobId"),
        ('configuration.load.sourceId = "x"', "unknown path configuration.load.sourceId"),
        ('job_id = "x', "unterminated string"),
        ("job_id = x", "double quotes"),
        ('job_id < "x"', "expected operator = !="),
        ('job_id : "x"', "expected operator = !="),
        (r'job_id = "a\n"', "escape"),
        ("job_id = 'x'", "unexpected '"),
        ("job_id", "operator"),
        ('configuration.load.source_id != "x"', "expected operator ="),
        ("configuration:delete", "load, update, publish"),
        ("configuration = load", "expected operator :"),
        ("status:state", "error"),
        ('status.state = "DONE"', "unquoted"),
        ("status.state = FINISHED", "FINISHED"),
        ("status.state =", "the end"),
        ("birth_time()", "unknown function birth_time()"),
        ('create_time() = "2026-01-05T09:10:00Z"', "expected operator <"),
        ('create_time() < "yesterday"', "yesterday"),
        ('create_time() < "2026-13-05T09:10:00Z"', "not a valid time"),
        ('create_time() < "2026-01-05T09:10:00"', "not a time"),
        ("create_time() < 2026", "unexpected 2"),
        ("create_time(", "expected )"),
        ("(configuration:load", "expected ), got the end"),
        ("configuration:load)", "got ) at position 19"),
        ("configuration:load configuration:update", "AND, OR or the end"),
        ("configuration:load and status:error", "got and"),
        ("AND configuration:load", "got AND"),
        ("configuration:load OR", "the end"),
        ("NOT", "the end"),
        ("()", "got )"),
        ("(" * 60 + "configuration:load" + ")" * 60, "nested"),
        ("-configuration:load", "unexpected -"),
    ],
)
def test_a_bad_filter_is_400_and_says_what_is_wrong(wanted: str, named: str) -> None:
    answer = Caller().page(filter=wanted)
    assert answer.status_code == 400
    assert named in answer.json()["message"]


def test_the_latest_start_comes_first_and_jobs_without_one_before_it(tenant: Caller) -> None:
    assert tenant.listed() == ["job_6", "job_5", "job_4", "job_3", "job_2", "job_1"]


def test_a_job_that_starts_moves_behind_those_that_did_not(tenant: Caller) -> None:
    tenant.wait(minutes=1)
    assert tenant.listed()[:2] == ["job_5", "job_6"]


@pytest.fixture
def many() -> Caller:
    """Thirty-five loads, a minute apart, the last one created now."""
    caller = Caller(Options(slots=100))
    for number in range(35):
        caller.wait(minutes=1)
        caller.load(f"src_{number}")
    return caller


def test_a_page_has_ten_jobs_unless_told_otherwise_and_thirty_at_most(many: Caller) -> None:
    assert len(many.listed()) == len(many.listed(pageSize="0")) == 10
    assert len(many.listed(pageSize="30")) == 30


@pytest.mark.parametrize("size", ["31", "-1", "ten", "1.5"])
def test_another_page_size_is_400(size: str) -> None:
    answer = Caller().page(pageSize=size)
    assert answer.status_code == 400
    assert size in answer.json()["message"]


def pages(caller: Caller, **query: str) -> list[str]:
    found, token = [], ""
    while True:
        answer = caller.page(pageToken=token, **query).json()
        found += [job["jobId"] for job in answer["jobs"]]
        token = answer.get("nextPageToken", "")
        if not token:
            return found


def test_the_pages_together_are_the_list(many: Caller) -> None:
    everything = [f"job_{number}" for number in range(35, 0, -1)]
    assert pages(many) == pages(many, pageSize="7") == pages(many, pageSize="1") == everything


def test_a_job_that_starts_between_two_pages_may_repeat_but_none_is_lost() -> None:
    caller = Caller()
    for number in range(4):
        caller.load(f"src_{number}")
        caller.wait(seconds=1)
    first = caller.page(pageSize="1").json()
    caller.wait(minutes=1)
    second = caller.listed(pageSize="30", pageToken=first["nextPageToken"])
    assert [job["jobId"] for job in first["jobs"]] == ["job_4"]
    assert second == ["job_4", "job_3", "job_2", "job_1"]


def test_the_filter_must_stay_the_same_on_every_page(many: Caller) -> None:
    token = many.page(filter="configuration:load").json()["nextPageToken"]
    assert many.page(filter="configuration:load", pageToken=token).status_code == 200
    for changed in ({}, {"filter": "status:error"}):
        answer = many.page(pageToken=token, **changed)
        assert answer.status_code == 400
        assert "same" in answer.json()["message"]


@pytest.mark.parametrize("token", ["x", "bm9uc2Vuc2U=", "WzFlOTk5LCAxLCAxLCAieCJd", "ü"])
def test_an_unknown_page_token_is_400(token: str) -> None:
    assert Caller().page(pageToken=token).status_code == 400


def test_parameters_that_the_documentation_does_not_name_are_ignored(tenant: Caller) -> None:
    assert len(tenant.listed(sourceId="src_crm", jobType="LOAD", page_size="1")) == 6


def test_a_job_s_own_creation_time_is_not_before_itself() -> None:
    caller = Caller(time=RealTime(START.replace(microsecond=123_999)))
    created = caller.load()["status"]["stateStartTime"]
    assert (
        created
        == "2026-01-05T09:00:00.123Z"
        == format_timestamp(START.replace(microsecond=123_999))
    )
    assert caller.listed(filter=f'create_time() < "{created}"') == []
    assert caller.listed(filter=f'NOT create_time() < "{created}"') == ["job_1"]


@settings(deadline=None, max_examples=50)
@given(st.text(min_size=1, max_size=30))
def test_any_id_can_be_found_by_its_quoted_text(source: str) -> None:
    caller = Caller()
    caller.load(source)
    caller.load(source + "x")
    quoted = source.replace("\\", "\\\\").replace('"', '\\"')
    assert caller.listed(filter=f'configuration.load.source_id = "{quoted}"') == ["job_1"]
