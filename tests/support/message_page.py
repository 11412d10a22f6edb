"""Every message that a person can meet, read off the places that make them.

`PYTHONPATH=tests python -m support.message_page` writes docs/messages.md. A part in angle brackets
is filled in when the message is made. COMPOSED has what is put together from other messages.
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
PAGE = ROOT / "docs/messages.md"
AREAS = [
    (
        "Stack file",
        "The file is wrong; nothing was asked or launched. Each line has its place.",
        (
            "stackfile/",
            "freeze",
            "cli/template",
            "cli/edit",
            "resources/program",
            "resources/properties",
            "resources/declaredstep",
            "resources/predecessors",
            "resources/provider",
            "resources/since",
            "amended",
        ),
    ),
    (
        "Settings and commands",
        "A variable, an option or a word is wrong; nothing was launched.",
        ("settings", "cli/", "__main__"),
    ),
    (
        "Why a step is done, waits, is launched or held",
        "In plans, rows and errors. What holds a step ends with the command that lets it run.",
        (
            "buffer",
            "decide",
            "guards",
            "promotion",
            "duplicates",
            "resources/outlook",
            "resources/preview",
        ),
    ),
    (
        "How a step's run ends",
        "After the step's name; the message ends with how to go on.",
        ("ticket", "reconcile", "launch", "doubt", "waiting", "verify"),
    ),
    (
        "The tenant and its answers",
        "A GET is tried again by itself before you read any of these.",
        ("client/", "view", "creation", "models"),
    ),
    ("`tamr doctor`", "Each finding stands beside its repair.", ("doctor/",)),
]
# The emulator's answers stand for Tamr's own; they are no messages of ours.
_NOT_OURS = ("emulator/", "cli/emulator", "cli/demo", "templates/")
# Which argument of a call is the text.
_WORDS = {"tell": 1, "_tell_once": 1, "Decision": 1, "Finding": 1, "problem": 0, "_reject": 1}
_TALK = {"note", "_announce", "on_outage", "_on_outage"}
_NOT_WORDS = {"PydanticCustomError"}  # carries the text of `problem`

_REASONS = (
    "amended.",
    "buffer.",
    "decide.",
    "promotion.",
    "guards.",
    "settings.",
    "stackfile/",
    "resources/",
)
_SENTENCE = 3  # words; what is shorter is a part of one

# Where a message is made of others, and of which.
COMPOSED = {
    "cli/doctor.py:_examine": "a bad project or stack file, as below",
    "cli/doctor.py:_examine_stack": "the problems of a stack file",
    "cli/doctor.py:_examine_tenant": "the problems of the settings",
    "cli/tenant.py:refuse_problems": "why a version must not run, with the file's name",
    "cli/plan.py:_refuse_new_addresses": "an address that the base does not name",
    "client/jobs.py:create_job": "an answer that cannot be read",
    "client/send.py:_pause": "the trouble that was waited for",
    "client/send.py:_read": "Tamr's own words",
    "decide.py:_guarded": "why `promoteFrom` refuses",
    "doctor/tenant.py:check_tenant": "an error of the tenant",
    "launching.py:_launched": "a job that came out too old for its step, as below",
    "reconcile.py:_judge": "a version that counts from far ahead of the tenant's clock",
    "resources/declaredstep.py:_of_one_step": "ids that are not those of one step",
    "resources/preview.py:_tell_once": "what would happen cannot be told, on one line",
    "resources/preview.py:tell": "a warning of a run soon after the last one",
    "resources/program.py:stack_products": "the problems of a stack's config",
    "resources/provider.py:create": "how a step's run ended, on one line",
    "resources/rows.py:warn": "a warning of a run soon after the last one",
    "resources/provider.py:diff": "a since that is not after the last version's job",
    "settings.py:read_settings": "the problems of the settings",
    "stackfile/values.py:_window": "what is wrong with a window",
    "stackfile/read.py:_key_problems": "names that need quotes",
    "stackfile/read.py:read_slots": "a wrong number of slots",
    "stackfile/scalars.py:_text": "half of a character, with its place",
    "stackfile/scalars.py:flatten_mapping": "merge keys that bring too much, with their place",
    "stackfile/read.py:read_products": "the problems of a stack's products",
    "stackfile/read.py:read_stack_file": "the problems of a stack file",
    "stackfile/counting.py:count_sinces": "why nothing tells since when a version counts",
    "stackrun.py:_ended": "an error that nobody foresaw, as Python shows it",
    "view.py:_list_anew": "no message: a job is noted",
    "view.py:confirm": "no message: a job is noted",
    "view.py:launched": "no message: a job is noted",
}


@dataclass(frozen=True, order=True)
class Message:
    """A text with its places to fill in, and the exit code of the error that carries it."""

    text: str
    exit: str
    place: str


Helpers = dict[str, ast.FunctionDef]


class UnreadableTextError(Exception):
    """A message that is made of something else than words."""


def messages() -> tuple[list[Message], list[str]]:
    """Return all messages, and the functions that only join others."""
    found, composed = set[Message](), list[str]()
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        if place.startswith(_NOT_OURS):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        helpers = {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}
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
    """Yield each call that makes a message, with its function and the argument that is the text."""
    for function in _functions(tree):
        for node in _own_nodes(function):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = _name(node.func)
            at = _WORDS.get(name, 0)
            is_message = name in _WORDS or name in _TALK or _is_error(name)
            is_problem = name == "append" and ast.unparse(node.func) == "problems.append"
            if (is_message or is_problem) and at < len(node.args):
                yield function, node, node.args[at]


def _returned(tree: ast.Module, helpers: Helpers) -> Iterator[str]:
    """Yield the sentences that functions return: reasons, which others put into messages."""
    for function in _functions(tree):
        for node in _own_nodes(function):
            value = node.value if isinstance(node, ast.Return) else None
            if isinstance(value, (ast.JoinedStr, ast.Constant)):
                with contextlib.suppress(UnreadableTextError):
                    for text in _texts(value, function, helpers):
                        if len(_without_places(text).split()) >= _SENTENCE:
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
    """Yield the texts that an expression may be. Raises where it is made elsewhere."""
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
        for each in values:
            yield from _texts(each, function, helpers)
    else:
        raise UnreadableTextError


def _part(node: ast.expr, function: ast.AST, helpers: Helpers) -> str:
    """Return a part of a text, a helper's own words, or a place to fill in."""
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
    names = [each for each in ast.walk(node.value) if isinstance(each, (ast.Name, ast.Attribute))]
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
    """Return docs/messages.md."""
    lines = [_HEAD.format(table="\n".join(_exit_codes()))]
    rest, _ = messages()
    for title, intro, places in AREAS:
        own = [each for each in rest if each.place.startswith(places)]
        rest = [each for each in rest if each not in own]
        lines += [f"## {title}", "", intro, "", "| message | exit code |", "| --- | --- |"]
        lines += [f"| `{_cell(each.text)}` | {each.exit} |" for each in own]
        lines.append("")
    assert not rest, f"in no area: {rest}"
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("`", "'")


def _exit_codes() -> Iterator[str]:
    kinds = [var for var in vars(errors).values() if isinstance(var, type)]
    ours = [each for each in kinds if issubclass(each, errors.TamrError) and each.__doc__]
    for error in sorted(ours, key=lambda kind: (kind.exit_code, kind.__name__)):
        told = str(error.__doc__).partition("\n")[0]
        yield f"| {error.exit_code} | `{error.__name__}` | {told} |"


_HEAD = """\
<!-- Generated: PYTHONPATH=tests python -m support.message_page -->

# Exit codes and messages

Look up a message by the words in it. What stands in angle brackets is filled in: a product, a step,
a job's id, a time. Every message says, in this order, what it is about, what happened and why, and
after a semicolon what to do next, with the command where there is one.

| exit code | means |
| --- | --- |
| 0 | done; for `tamr plan --detailed-exitcode`, nothing would be launched |
| 1 | a job failed, a step is held, or a tenant refused or could not be asked |
| 2 | wrong use, a bad file, or an address where no tenant is |
| 3 | only `tamr plan --detailed-exitcode`: something would be launched |
| 75 | not finished; run it again and it goes on from there |

In `pulumi up` the same messages are a resource's error, after the name of the error:

| exit code of `tamr` | error | |
| --- | --- | --- |
{table}
"""

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    for message in messages()[1]:
        print("joins others:", message)
