"""Every message that a person can meet, collected and printed, and the page that lists them."""

from __future__ import annotations

import re

from support.message_page import COMPOSED, PAGE, messages, page


def test_the_page_of_messages_is_current_and_complete() -> None:
    """`PYTHONPATH=tests python -m support.message_page` writes it anew."""
    made = page()
    print(made)
    assert PAGE.read_text(encoding="utf-8") == made


def test_whatever_is_in_no_list_joins_messages_that_are() -> None:
    _, composed = messages()
    assert composed == sorted(COMPOSED)


def test_no_message_is_there_twice_and_each_says_something() -> None:
    found, _ = messages()
    assert len(found) > 150
    texts = [(each.text, each.place, each.exit) for each in found]
    assert len(texts) == len(set(texts))
    assert all(len(each.text.split()) > 1 for each in found)


def test_what_a_person_has_to_repair_names_the_command_or_what_is_allowed() -> None:
    """Of a held step the command, of a bad file what is allowed."""
    found, _ = messages()
    held = [
        each.text for each in found if re.search(r"attempts failed|stopped by a person", each.text)
    ]
    assert held
    assert all("tamr retry" in text for text in held)
    wrong = [each.text for each in found if each.text.startswith("found ")]
    assert wrong
    assert all("allowed: " in text or "put it in quotes" in text or ";" in text for text in wrong)


def test_no_message_ends_like_prose_or_shouts() -> None:
    found, _ = messages()
    assert [each.text for each in found if each.text.endswith((".", "!"))] == []
