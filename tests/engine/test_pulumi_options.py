"""The rows of docs/pulumi-options.md, under the real engine."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.processes import QUICK, SLOW, emulator
from support.pulumi_cli import Pulumi

if TYPE_CHECKING:
    from support.processes import Server

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="the Pulumi CLI is not on PATH"),
]
PAGE = Path(__file__).parents[2] / "docs/pulumi-options.md"
PROGRAM = """\
import pulumi
from pulumi import Alias, ResourceHook, ResourceHookBinding, ResourceOptions
from tamr_provider.resources import Load, Pipeline, Update, end_quietly_on_interrupt

end_quietly_on_interrupt()
FIRST = dict(version="v1", since="2026-11-20T09:00:00Z", trust_days=36500)
NOW = dict(version=VERSION, since=SINCE, trust_days=36500)


def show(args):
    pulumi.log.info("hook: " + args.new_outputs["jobId"])


def keep_version(args):
    ignored = ResourceOptions(ignore_changes=["version", "since"])
    return pulumi.ResourceTransformResult(args.props, ResourceOptions.merge(args.opts, ignored))


def load(name, now=NOW, **options):
    source = "src_" + name.replace("2", "")
    return Load(name, source_id=source, opts=ResourceOptions(**options), **now)


hook = ResourceHook("show", show)
load("ignored", ignore_changes=["version", "since"])
load("triggered", FIRST, replacement_trigger=VERSION)
load("replaced", replace_on_changes=["version"])
load("deleted", delete_before_replace=True, retain_on_delete=True)
load("hooked", hooks=ResourceHookBinding(after_create=[hook], after_update=[hook]))
load("aliased" + SUFFIX, FIRST, aliases=[Alias(name="aliased")])
first = load("first")
load("dependent", FIRST, depends_on=[first])
Update("after", data_product_id="dp", after=[first.finished_at], **FIRST)
spec = {"version": VERSION, "since": SINCE, "trustDays": 36500, "sources": ["src_piped"]}
Pipeline("piped", spec, opts=ResourceOptions(transforms=[keep_version]))
"""


def write(pulumi: Pulumi, program: str, **values: str) -> None:
    head = "".join(f"{name} = {value!r}\n" for name, value in values.items())
    (pulumi.folder / "stacks/__main__.py").write_text(head + program)


def launches(server: Server) -> Counter[str]:
    return Counter(next(iter(job["ids"].values())) for job in _with_ids(server))


def _with_ids(server: Server) -> list[dict[str, dict[str, str]]]:
    return [{"ids": next(iter(job["configuration"].values()))} for job in server.jobs()]


def test_every_option_does_what_the_page_says(tmp_path: Path) -> None:
    with emulator(*QUICK) as server:
        pulumi = Pulumi(tmp_path, server.url)
        write(pulumi, PROGRAM, VERSION="v1", SINCE="2026-11-20T09:00:00Z", SUFFIX="")
        done = pulumi.up()
        assert done.returncode == 0, done.stdout
        assert len(server.posts()) == 10
        assert done.stdout.count("hook: job_") >= 1
        since = max(job["finished"] for job in server.jobs())
        write(pulumi, PROGRAM, VERSION="v2", SINCE=since, SUFFIX="2")
        done = pulumi.up("--refresh")
        assert done.returncode == 0, done.stdout
        assert "hook: job_" in done.stdout
        assert "2 replaced" in done.stdout
        counts = launches(server)
        again = {"src_replaced", "src_deleted", "src_hooked", "src_first", "dp"}
        assert {name for name, count in counts.items() if count == 2} == again
        assert sum(counts.values()) == 15


def test_custom_timeouts_and_an_import_are_one_line_each(tmp_path: Path) -> None:
    with emulator(*SLOW) as server:
        pulumi = Pulumi(tmp_path, server.url)
        program = (
            "import pulumi\n"
            "from tamr_provider.resources import Load, end_quietly_on_interrupt\n"
            "end_quietly_on_interrupt()\n"
            "timeouts = pulumi.CustomTimeouts(create='1s')\n"
            "Load('crm', source_id='src_crm', version='2026-11-20', trust_days=36500,\n"
            "     opts=pulumi.ResourceOptions(custom_timeouts=timeouts))\n"
        )
        write(pulumi, program)
        done = pulumi.up()
        assert done.returncode != 0
        assert "load src_crm did not finish: waited 1s (timeoutHours). job_" in done.stdout
        refused = pulumi.run("import", "--yes", "pulumi-python:dynamic/tamr:Load", "x", "job_1")
        assert refused.returncode != 0
        assert "a step cannot be imported. Declare it in the program" in refused.stdout
        assert "Traceback" not in refused.stdout
        assert len(server.posts()) == 1


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("{'version': 'v1', 'sorces': ['s']}", "products.bad.sorces: unknown key"),
        (
            "{'version': 'v1', 'sources': [pulumi.Output.from_input('s')]}",
            "products.bad.sources[0]: expected a plain value, got an Output. To use computed",
        ),
    ],
    ids=["a wrong key", "an Output"],
)
def test_a_bad_spec_is_one_line_and_leaves_no_component(
    tmp_path: Path, spec: str, problem: str
) -> None:
    pulumi = Pulumi(tmp_path, "http://127.0.0.1:9")
    write(
        pulumi,
        "import pulumi\n"
        "from tamr_provider.resources import Pipeline, end_quietly_on_interrupt\n"
        f"end_quietly_on_interrupt()\nPipeline('bad', {spec})\n",
    )
    done = pulumi.up()
    assert done.returncode != 0
    assert problem in done.stdout
    assert "Traceback" not in done.stdout
    assert not [each for each in pulumi.resources() if each["type"] == "tamr:index:Pipeline"]


def test_the_automation_example_runs_a_stack_with_our_host(tmp_path: Path) -> None:
    """The example in a process of its own: eight loads run at once, the default host runs four."""
    (example,) = re.findall(r"```python\n(import os.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    with emulator("--load", "1h", "--slots", "8") as server:
        pulumi = Pulumi(tmp_path, server.url, TAMR_SLOTS="8", TAMR_HAND_OVER_AFTER="8s")
        script = tmp_path / "run.py"
        sources = [f"src_{number}" for number in range(8)]
        script.write_text(example.replace('["src_crm"]', repr(sources)))
        # An engine that is built from source has no version.
        unversioned = {"PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true"}
        environment = {**pulumi.env, **unversioned, "TAMR_URL": server.url}
        done = pulumi.run_python(script, environment)
        assert "reached the time limit" in done.stdout, done.stdout
        assert len(server.posts()) == 8
