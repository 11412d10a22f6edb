"""Every message of the package, collected from its source.

`PYTHONPATH=tests python -m support.message_page` writes docs/reference/message-list.md. Angle
brackets mark placeholders. COMPOSED lists functions that only join other messages.
"""

from __future__ import annotations

import ast
import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tamr_provider import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tamr_provider"
PAGE = ROOT / "docs/reference/message-list.md"
# An area takes the messages of its modules that no area before it took.
AREAS = [
    (
        "Stack file",
        "The file is invalid; nothing was requested or launched. Every line has its place.",
        (
            "stackfile/",
            "environments/product_editor",
            "cli/scaffold/template",
            "planning/rebase_hints",
            "resources/_declared_step",
            "resources/_properties",
            "resources/_since",
            "resources/program",
            "resources/provider",
        ),
    ),
    (
        "Settings and commands",
        "A variable, an option or an argument is invalid; nothing was launched.",
        ("settings", "timestamps", "cli/", "__main__", "environments/stack"),
    ),
    (
        "Why a step is satisfied, waits, is launched or on hold",
        "In plans, rows and errors. The reason of a hold ends with the command that releases it.",
        ("decision/", "environments/promotion", "planning/", "reconciler/duplicates", "resources/"),
    ),
    (
        "How a step's run ends",
        "After the step's name; the message ends with the command that continues.",
        ("reconciler/", "environments/"),
    ),
    (
        "The tenant and its responses",
        "A GET is retried automatically before you see any of these.",
        ("client/", "tenant/", "models"),
    ),
    ("`tamr doctor`", "Every finding has a fix.", ("doctor/",)),
]
# The emulator's messages stand for Tamr's.
_NOT_OURS = (
    "emulator/",
    "cli/commands/emulator",
    "cli/commands/demo",
    "cli/scaffold/demo",
    "templates/",
)
# The position of the text among the arguments of a call.
_WORDS = {
    "add_diagnostic": 1,
    "_report_once": 1,
    "Decision": 1,
    "Finding": 1,
    "make_error": 0,
    "_mismatch": 1,
}
_TALK = {"note", "_announce", "on_outage", "_on_outage"}
_NOT_WORDS = {"PydanticCustomError"}  # carries the text of `make_error`

_REASONS = (
    "decision/",
    "environments/promotion",
    "planning/",
    "settings",
    "stackfile/",
    "resources/",
)
_MIN_WORDS = 3  # A shorter text is part of a message.

# Functions that join messages, and which.
COMPOSED = {
    "client/http.py:_pause": "the reason of the last retry",
    "client/http.py:_read": "Tamr's own text",
    "client/jobs.py:create_job": "an invalid response",
    "decision/table.py:_check_attempts": "how many attempts failed, and the newest failure",
    "decision/table.py:_check_gates": "why `promoteFrom` blocks the version",
    "doctor/checkup.py:_check_file": "the problems of a stack file",
    "doctor/checkup.py:_check_tenant": "the problems of the settings",
    "doctor/checkup.py:run": "an invalid project or stack file",
    "doctor/tenant.py:check_tenant": "an error of the tenant",
    "environments/stack.py:refuse_problems": "why a version must not run, with the file's name",
    "environments/stack_plan.py:refuse_new_addresses": "an address that the base does not name",
    "environments/status_reader.py:_refuse_unknown": "products that no stack has",
    "reconciler/launching.py:_record_launch": "a job that was created too early for its step",
    "reconciler/mailbox.py:end_all": "why the run stopped",
    "reconciler/reconcile_pass.py:_evaluate": "a version of a time far ahead of the tenant's clock",
    "reconciler/reconcile_pass.py:_poll": "a job that the list does not show",
    "reconciler/stack_run.py:_end_step": "an unexpected error in Python's words",
    "resources/_declared_step.py:_ids_of_one_step": "ids that are not those of one step",
    "resources/_preview.py:_flush": "the summary of a preview",
    "resources/_preview.py:_report_once": "why there is no preview, on one line",
    "resources/_preview.py:_show": "what a run would do for a step, and a warning of one too soon",
    "resources/_progress.py:warn": "a warning of a run soon after the last one",
    "resources/pipeline.py:_parse_spec": "the problems of a pipeline's spec",
    "resources/program.py:stack_products": "the problems of a stack's config",
    "resources/provider.py:diff": "a since that is not after the last version's job",
    "settings.py:read_settings": "the problems of the settings",
    "stackfile/parser.py:_key_problems": "names that need quotes",
    "stackfile/parser.py:parse_products": "the problems of a stack's products",
    "stackfile/parser.py:parse_slots": "an invalid number of slots",
    "stackfile/parser.py:parse_stack_file": "the problems of a stack file",
    "stackfile/pulumi_yaml.py:_text": "half of a character, with its place",
    "stackfile/pulumi_yaml.py:flatten_mapping": "merge keys that expand too far, with their place",
    "stackfile/since/lookup.py:with_past_versions": "why the since of a version is unknown",
    "stackfile/values.py:_window": "what is wrong with a freeze window",
    "stackfile/values.py:parse_time": "a time that is not valid, with an example",
}


@dataclass(frozen=True, order=True)
class Message:
    """A text with placeholders, and the exit code of its error."""

    text: str
    exit: str
    place: str


Helpers = dict[str, ast.FunctionDef]


class UnreadableTextError(Exception):
    """A message that does not consist of literals."""


def messages() -> tuple[list[Message], list[str]]:
    """Return all messages, and the functions that only join other messages."""
    found, composed = set[Message](), list[str]()
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        if place.startswith(_NOT_OURS):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        helpers = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        for function, call, argument in _calls(tree):
            try:
                texts = list(_texts(argument, function, helpers))
            except UnreadableTextError:
                composed.append(f"{place}:{getattr(function, 'name', '')}")
                continue
            found |= {Message(text, _exit(call), place) for text in texts if _says_something(text)}
        if place.startswith(_REASONS):
            found |= {Message(text, "", place) for text in _returned(tree, helpers)}
    return sorted(found), sorted(set(composed))


def _calls(tree: ast.Module) -> Iterator[tuple[ast.AST, ast.Call, ast.expr]]:
    """Yield the calls that make a message, with their function and the text argument."""
    for function in _functions(tree):
        for node in _own_nodes(function):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            for keyword in node.keywords:
                if keyword.arg == "fix" and isinstance(keyword.value, ast.Name):
                    yield function, node, keyword.value
            name = _name(node.func)
            at = _WORDS.get(name, 0)
            is_message = name in _WORDS or name in _TALK or _is_error(name)
            is_problem = name == "append" and ast.unparse(node.func) == "problems.append"
            if (is_message or is_problem) and at < len(node.args):
                yield function, node, node.args[at]


def _returned(tree: ast.Module, helpers: Helpers) -> Iterator[str]:
    """Yield the sentences that functions return as reasons of messages."""
    for function in _functions(tree):
        for node in _own_nodes(function):
            value = node.value if isinstance(node, ast.Return) else None
            if isinstance(value, (ast.JoinedStr, ast.Constant)):
                with contextlib.suppress(UnreadableTextError):
                    for text in _texts(value, function, helpers):
                        if len(_without_places(text).split()) >= _MIN_WORDS:
                            yield text


def _functions(tree: ast.Module) -> list[ast.AST]:
    kinds = (ast.FunctionDef, ast.Module)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, ast.FunctionDef):
            yield child
            yield from _own_nodes(child)


def _texts(  # noqa: C901 - one branch per kind of expression
    node: ast.expr, function: ast.AST, helpers: Helpers
) -> Iterator[str]:
    """Yield the possible texts of an expression. Raises UnreadableTextError."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(_part(value, function, helpers) for value in node.values)
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body, function, helpers)
        yield from _texts(node.orelse, function, helpers)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        for left in _texts(node.left, function, helpers):
            for right in _texts(node.right, function, helpers):
                yield left + right
    elif isinstance(node, ast.Tuple):
        yield from _texts(node.elts[-1], function, helpers)
    elif isinstance(node, ast.Name) and (values := _assigned(node.id, function)):
        for value in values:
            yield from _texts(value, function, helpers)
    else:
        raise UnreadableTextError


def _part(node: ast.expr, function: ast.AST, helpers: Helpers) -> str:
    """Return a literal part, the text of a helper, or a placeholder."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.FormattedValue)
    helper = helpers.get(_name(node.value)) if isinstance(node.value, ast.Call) else None
    if helper is not None:
        for inner in _own_nodes(helper):
            if isinstance(inner, ast.Return) and isinstance(inner.value, ast.JoinedStr):
                return "".join(_part(part, helper, helpers) for part in inner.value.values)
    local = _assigned(node.value.id, function) if isinstance(node.value, ast.Name) else []
    if len(local) == 1 and isinstance(local[0], ast.JoinedStr):
        return "".join(_part(part, function, helpers) for part in local[0].values)
    names = [part for part in ast.walk(node.value) if isinstance(part, (ast.Name, ast.Attribute))]
    word = _name(names[0]) if names else "…"
    return f"<{word.strip('_').replace('_', ' ')}>"


def _assigned(name: str, function: ast.AST) -> list[ast.expr]:
    return [
        node.value
        for node in _own_nodes(function)
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    ]


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_error(name: str) -> bool:
    return name.endswith("Error") and name not in _NOT_WORDS


def _exit(call: ast.Call) -> str:
    error = getattr(errors, _name(call.func), None)
    return str(error.exit_code) if error is not None else ""


def _says_something(text: str) -> bool:
    return any(without_place.isalpha() for without_place in _without_places(text))


def _without_places(text: str) -> str:
    return "".join(part.partition(">")[2] or part * ("<" not in text) for part in text.split("<"))


def page() -> str:
    """Return docs/reference/message-list.md."""
    lines = [_HEAD.format(table="\n".join(_exit_codes()))]
    rest, _ = messages()
    for title, intro, places in AREAS:
        own = [message for message in rest if message.place.startswith(places)]
        rest = [message for message in rest if message not in own]
        lines += [f"## {title}", "", intro, "", "| message | exit code |", "| --- | --- |"]
        lines += [f"| `{_cell(message.text)}` | {message.exit} |" for message in own]
        lines.append("")
    assert not rest, f"in no area: {rest}"
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("`", "'")


def _exit_codes() -> Iterator[str]:
    kinds = [var for var in vars(errors).values() if isinstance(var, type)]
    ours = [kind for kind in kinds if issubclass(kind, errors.TamrError) and kind.__doc__]
    for error in sorted(ours, key=lambda kind: (kind.exit_code, kind.__name__)):
        summary = str(error.__doc__).partition("\n")[0]
        yield f"| {error.exit_code} | `{error.__name__}` | {summary} |"


_HEAD = """\
<!-- Generated: PYTHONPATH=tests python -m support.message_page -->

# Every message

Generated from the code. [Messages, and what to do](../messages.md) has those that you may well see.
Angle brackets mark placeholders: a product, a step, a job ID, a time. A message has the place, what
happened and why, and then the fix, with a command if there is one.

In `pulumi up` the same messages follow the name of the error:

| exit code of `tamr` | error | |
| --- | --- | --- |
{table}
"""

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    for message in messages()[1]:
        print("joins messages:", message)
