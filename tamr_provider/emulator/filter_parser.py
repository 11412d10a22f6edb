"""Parser of the list's filter language: from a text to a predicate of job snapshots.

expression  factor { AND factor }
factor      term { OR term }            OR binds tighter than AND (U8)
term        NOT term | ( expression ) | function () [order time] | path operator value
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamr_provider.emulator.predicates import path_predicate, time_predicate
from tamr_provider.emulator.tokens import Token, filter_error, tokenize

if TYPE_CHECKING:
    from collections.abc import Callable

    from tamr_provider.emulator.job import JobSnapshot

_KEYWORDS = ("AND", "OR", "NOT")
_MAX_DEPTH = 50  # Well below Python's recursion limit.


def parse_filter(text: str) -> Callable[[JobSnapshot], bool]:
    """Parse a filter; a blank one matches every job. Raises ApiError."""
    if not text.strip():
        return lambda _: True
    return _Parser(tokenize(text)).parse()


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._depth = 0

    def parse(self) -> Callable[[JobSnapshot], bool]:
        predicate = self._expression()
        if self._next.kind != "end":
            raise filter_error(f"expected AND, OR or the end, got {self._next}")
        return predicate

    @property
    def _next(self) -> Token:
        return self._tokens[0]

    def _take(self) -> Token:
        return self._tokens.pop(0) if len(self._tokens) > 1 else self._tokens[0]

    def _skip(self, text: str) -> bool:
        if self._next.kind in ("string", "end") or self._next.text != text:
            return False
        self._take()
        return True

    def _expression(self) -> Callable[[JobSnapshot], bool]:
        predicates = [self._factor()]
        while self._skip("AND"):
            predicates.append(self._factor())
        return lambda snapshot: all(predicate(snapshot) for predicate in predicates)

    def _factor(self) -> Callable[[JobSnapshot], bool]:
        predicates = [self._term()]
        while self._skip("OR"):
            predicates.append(self._term())
        return lambda snapshot: any(predicate(snapshot) for predicate in predicates)

    def _term(self) -> Callable[[JobSnapshot], bool]:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise filter_error(f"nested deeper than {_MAX_DEPTH}")
        predicate = self._negation() or self._group() or self._comparison()
        self._depth -= 1
        return predicate

    def _negation(self) -> Callable[[JobSnapshot], bool] | None:
        if not self._skip("NOT"):
            return None
        predicate = self._term()
        return lambda snapshot: not predicate(snapshot)

    def _group(self) -> Callable[[JobSnapshot], bool] | None:
        if not self._skip("("):
            return None
        predicate = self._expression()
        self._require(")")
        return predicate

    def _comparison(self) -> Callable[[JobSnapshot], bool]:
        name = self._take()
        if name.kind != "name" or name.text in _KEYWORDS:
            raise filter_error(f"expected a path, a function, NOT or (, got {name}")
        if self._skip("("):
            self._require(")")
            return time_predicate(name, *self._tail())
        sign, value = self._tail()
        if sign is None or value is None:
            raise filter_error(f"expected an operator after {name}, got {self._next}")
        return path_predicate(name, sign, value)

    def _tail(self) -> tuple[Token, Token] | tuple[None, None]:
        if self._next.kind != "sign" or self._next.text in "()":
            return None, None
        return self._take(), self._take()

    def _require(self, text: str) -> None:
        if not self._skip(text):
            raise filter_error(f"expected {text}, got {self._next}")
