"""The list's filter language: a text in, a test of a job's look out.

expression  factor { AND factor }
factor      term { OR term }            OR binds tighter than AND (U8)
term        NOT term | ( expression ) | function () [order time] | path operator value
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tamr_provider.emulator.predicates import path_test, time_test
from tamr_provider.emulator.tokens import Token, filter_error, tokenize

if TYPE_CHECKING:
    from collections.abc import Callable

    from tamr_provider.emulator.job import JobSnapshot

_KEYWORDS = ("AND", "OR", "NOT")
_MAX_DEPTH = 50  # below the interpreter's own limit, with room to spare


def parse_filter(text: str) -> Callable[[JobSnapshot], bool]:
    """Read a filter; a blank one lets everything through. Raises RefusalError."""
    if not text.strip():
        return lambda _: True
    return _Parser(tokenize(text)).whole()


class _Parser:
    def __init__(self, words: list[Token]) -> None:
        self._words = words
        self._depth = 0

    def whole(self) -> Callable[[JobSnapshot], bool]:
        test = self._expression()
        if self._next.kind != "end":
            raise filter_error(f"AND, OR or the end is needed; found {self._next}")
        return test

    @property
    def _next(self) -> Token:
        return self._words[0]

    def _take(self) -> Token:
        return self._words.pop(0) if len(self._words) > 1 else self._words[0]

    def _took(self, text: str) -> bool:
        if self._next.kind in ("string", "end") or self._next.text != text:
            return False
        self._take()
        return True

    def _expression(self) -> Callable[[JobSnapshot], bool]:
        tests = [self._factor()]
        while self._took("AND"):
            tests.append(self._factor())
        return lambda snapshot: all(test(snapshot) for test in tests)

    def _factor(self) -> Callable[[JobSnapshot], bool]:
        tests = [self._term()]
        while self._took("OR"):
            tests.append(self._term())
        return lambda snapshot: any(test(snapshot) for test in tests)

    def _term(self) -> Callable[[JobSnapshot], bool]:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise filter_error(f"nested deeper than {_MAX_DEPTH}")
        test = self._negation() or self._group() or self._comparison()
        self._depth -= 1
        return test

    def _negation(self) -> Callable[[JobSnapshot], bool] | None:
        if not self._took("NOT"):
            return None
        test = self._term()
        return lambda snapshot: not test(snapshot)

    def _group(self) -> Callable[[JobSnapshot], bool] | None:
        if not self._took("("):
            return None
        test = self._expression()
        self._need(")")
        return test

    def _comparison(self) -> Callable[[JobSnapshot], bool]:
        name = self._take()
        if name.kind != "name" or name.text in _KEYWORDS:
            raise filter_error(f"a path, a function, NOT or ( is needed; found {name}")
        if self._took("("):
            self._need(")")
            return time_test(name, *self._tail())
        sign, value = self._tail()
        if sign is None or value is None:
            raise filter_error(f"an operator is needed after {name}; found {self._next}")
        return path_test(name, sign, value)

    def _tail(self) -> tuple[Token, Token] | tuple[None, None]:
        if self._next.kind != "sign" or self._next.text in "()":
            return None, None
        return self._take(), self._take()

    def _need(self, text: str) -> None:
        if not self._took(text):
            raise filter_error(f"{text} is needed; found {self._next}")
