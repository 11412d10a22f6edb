"""The status of all environments as text: a matrix, then what needs a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamr_provider.cli.output.state_text import count, symbol
from tamr_provider.cli.output.status_words import (
    fit_words,
    format_next,
    format_request_for_action,
)
from tamr_provider.cli.output.styled import (
    Line,
    Span,
    cell_width,
    cut,
    cut_line,
    cut_reason,
    line,
    line_width,
    pad,
    wrap,
)
from tamr_provider.decision.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tamr_provider.environments.status import EnvironmentStatus, ProductStatus

DEFAULT_WIDTH = 120  # Where the output is no terminal.
_MAX_NAME = 24  # Columns of a product's name.
_GAP = 3
_STATE = 2  # A symbol and a space.
_MAX_REASON_LINES = 2  # `tamr status PRODUCT` shows it all.
_MARGIN = 10  # Columns that wrapping at words may leave empty.


def format_status_text(
    environments: Sequence[EnvironmentStatus], width: int = DEFAULT_WIDTH
) -> list[Line]:
    """Return products down and environments across, then what needs a user.

    Environments that do not fit beside each other stand below each product.
    """
    matrix = _Matrix(environments, width)
    rows = matrix.format_rows() if matrix.fits else matrix.format_list()
    return [*rows, *format_attention(environments, width), *format_errors(environments, width)]


class _Matrix:
    """The columns of a status, in the order of the environments."""

    def __init__(self, environments: Sequence[EnvironmentStatus], width: int) -> None:
        self._environments = environments
        self._width = width
        self._cells = {
            (product.name, environment.stack): product
            for environment in environments
            for product in environment.products
        }
        self._names = list(dict.fromkeys(name for name, _ in self._cells))
        longest = max(map(cell_width, self._names), default=0)
        self._name = min(longest, _MAX_NAME, max(8, width // 4))
        self._versions = [self._measure_versions(environment) for environment in environments]
        self._stack = max(
            (cell_width(environment.stack) for environment in environments), default=0
        )

    @property
    def fits(self) -> bool:
        """Whether at least symbol and version of all environments fit beside each other."""
        return self._spare >= 0

    @property
    def _spare(self) -> int:
        cells = sum(_STATE + version for version in self._versions)
        return self._width - self._name - cells - _GAP * len(self._versions)

    def _measure_versions(self, environment: EnvironmentStatus) -> int:
        versions = [cell_width(product.product.version) for product in environment.products]
        return max([*versions, cell_width(environment.stack) - _STATE])

    def format_rows(self) -> Iterator[Line]:
        """Yield a line for each product, below the names of the environments."""
        words = self._share_words()
        columns = list(zip(self._environments, self._versions, words, strict=True))
        head = line(" " * self._name)
        for environment, version, room in columns:
            name = pad(environment.stack, _STATE + version + room)
            head = (*head, Span(" " * _GAP), Span(name, "bold"))
        yield head
        for name in self._names:
            row = line(pad(name, self._name))
            for environment, version, room in columns:
                status = self._cells.get((name, environment.stack))
                row = (*row, Span(" " * _GAP), *_format_cell(status, version, room))
            yield row

    def _share_words(self) -> list[int]:
        """Return the columns for the words of each environment, with the gap before them.

        What an environment cannot use, because only a shorter text fits, is for the next ones.
        """
        wanted = [_measure_words(environment, self._width) for environment in self._environments]
        shares = _share(wanted, self._spare)
        for number, environment in enumerate(self._environments):
            others = sum(
                _measure_words(other, shares[place])
                for place, other in enumerate(self._environments)
                if place != number
            )
            shares[number] = _measure_words(environment, self._spare - others)
        return shares

    def format_list(self) -> Iterator[Line]:
        """Yield each product, and a line below it for each environment that has it."""
        version = max(self._versions, default=0)
        version = min(version, max(8, self._width // 3))
        for name in self._names:
            yield line(Span(cut(name, self._width), "bold"))
            for environment in self._environments:
                status = self._cells.get((name, environment.stack))
                if status is not None:
                    head = line("  ", pad(environment.stack, min(self._stack, _MAX_NAME)), "  ")
                    room = max(0, self._width - line_width(head) - _STATE - version)
                    row = (*head, *_format_cell(status, version, room))
                    yield cut_line(row, self._width)


def _format_cell(status: ProductStatus | None, version: int, room: int) -> Line:
    if status is None:
        return line(" " * (_STATE + version + room))
    state = status.progress.state
    words = fit_words(status, max(0, room - _GAP))
    style = "yellow" if status.progress.needs_action or status.is_stale else state.color
    text = pad(words, room - _GAP) if room > _GAP else " " * max(0, room)
    gap = " " * _GAP if room > _GAP else ""
    return line(symbol(state), " ", pad(status.product.version, version), gap, Span(text, style))


def _measure_words(environment: EnvironmentStatus, room: int) -> int:
    """Return how much of the room the words of an environment use, with the gap before them."""
    words = [fit_words(product, room - _GAP) for product in environment.products]
    return max((_GAP + cell_width(text) for text in words if text), default=0)


def _share(wanted: Sequence[int], spare: int) -> list[int]:
    """Share columns so that who wants little gets it, and the others get the same."""
    given = [0] * len(wanted)
    left = sorted(range(len(wanted)), key=lambda number: wanted[number])
    while left:
        number = left.pop(0)
        given[number] = min(wanted[number], spare // (len(left) + 1))
        spare -= given[number]
    return given


def format_attention(environments: Sequence[EnvironmentStatus], width: int) -> Iterator[Line]:
    """Yield what needs a user, then what failed, each with its reason and its command."""
    products = [product for environment in environments for product in environment.products]
    needy = [product for product in products if product.progress.needs_action]
    failed = [
        product
        for product in products
        if product.progress.state is State.FAILED and not product.progress.needs_action
    ]
    if needy:
        verb = "needs" if len(needy) == 1 else "need"
        yield line()
        yield line(Span(f"{count(len(needy), 'product')} {verb} you:", "bold"))
        yield from _format_reasons(needy, width)
    if failed:
        verb = "it" if len(failed) == 1 else "them"
        yield line()
        yield line(
            Span(f"{count(len(failed), 'product')} failed; a run tries {verb} again:", "bold")
        )
        yield from _format_reasons(failed, width)


def _format_reasons(products: Sequence[ProductStatus], width: int) -> Iterator[Line]:
    places = [f"{product.name} · {product.stack}" for product in products]
    indent = 2 + min(max(map(cell_width, places)), width // 3) + _GAP
    for product, place in zip(products, places, strict=True):
        reason = format_request_for_action(product.progress)
        reasons = wrap(_shorten(reason, indent, width), indent, width)
        head = line("  ", Span(pad(place, indent - _GAP - 2), "bold"), " " * _GAP)
        yield cut_line((*head, *reasons[0][1:]), width)
        yield from (cut_line(reason, width) for reason in reasons[1:])
        yield from format_command(product, indent, width)


def _shorten(reason: str, indent: int, width: int) -> str:
    """Return a reason that takes few lines; the details in parentheses at its end go first."""
    for text in (reason, reason.rpartition(" (")[0]):
        if text and len(wrap(text, indent, width)) <= _MAX_REASON_LINES:
            return text
    return cut_reason(reason, _MAX_REASON_LINES * (width - indent - _MARGIN))


def format_command(product: ProductStatus, indent: int, width: int) -> Iterator[Line]:
    """Yield what to do next; a command is never cut, so it may stand on a line of its own."""
    goal, command = format_next(product.progress)
    if not goal:
        return
    text = f"To {goal}, run: {command}"
    if indent + cell_width(text) <= width:
        yield line(" " * indent, text)
    elif 4 + cell_width(text) <= width:
        yield line(" " * 4, text)
    else:
        yield line(" " * 4, f"To {goal}, run:")
        yield line(" " * 4, command)


def format_errors(environments: Sequence[EnvironmentStatus], width: int) -> Iterator[Line]:
    """Yield why a tenant's products are unknown, once for each tenant."""
    for environment in environments:
        if environment.error:
            yield line()
            head, *more = wrap(f"{environment.stack}: {environment.error}", 0, width, "red")
            yield from (cut_line(text, width) for text in (head, *more))
