"""Every message of the package, and the page that lists them."""

from __future__ import annotations

import re

from support.message_page import COMPOSED, PAGE, messages, page


def test_the_page_of_messages_is_current_and_complete() -> None:
    """`PYTHONPATH=tests python -m support.message_page` writes it."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_a_message_without_literals_joins_listed_messages() -> None:
    assert messages()[1] == sorted(COMPOSED)


def test_no_message_is_listed_twice_and_all_have_words() -> None:
    found, _ = messages()
    assert len(found) > 150
    texts = [(message.text, message.place, message.exit) for message in found]
    assert len(texts) == len(set(texts))
    assert all(len(message.text.split()) > 1 for message in found)


def test_a_bad_value_names_the_expected_one() -> None:
    texts = [message.text for message in messages()[0]]
    assert [text for text in texts if ", got " in text and "expected " not in text] == []


def test_a_final_command_has_no_full_stop_and_no_message_shouts() -> None:
    texts = [message.text for message in messages()[0]]
    assert [text for text in texts if text.endswith("!")] == []
    assert [text for text in texts if re.search(r"\brun: [^.]*\.$", text)] == []
