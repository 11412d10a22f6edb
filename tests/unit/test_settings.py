"""What the environment and the stack's config say about a tenant, and who wins."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tamr_provider.errors import InputError
from tamr_provider.settings import key_variable, read_settings

URL = "https://acme.tamr.cloud"
KEY = {"TAMR_API_KEY": "key-plain"}


def problems(env: dict[str, str], stack: str = "", url: str = URL) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        read_settings(env, stack, url)
    assert caught.value.exit_code == 2
    return caught.value.problems


def test_an_address_and_a_key_are_enough() -> None:
    settings = read_settings(KEY, url=URL)
    assert (settings.url, settings.api_key) == (URL, "key-plain")
    assert settings.slots == 5
    assert settings.poll_seconds == 2
    assert settings.hand_over_after is None


def test_the_stack_says_the_address_the_slots_and_the_secret_key() -> None:
    settings = read_settings({}, "dev", URL, 8, "key-secret")
    assert (settings.url, settings.slots, settings.api_key) == (URL, 8, "key-secret")


def test_the_environment_wins_over_the_stack() -> None:
    env = {"TAMR_URL": "https://other.tamr.cloud", "TAMR_SLOTS": "3", "TAMR_API_KEY": "key-env"}
    settings = read_settings(env, "dev", URL, 8, "key-secret")
    assert (settings.url, settings.slots) == ("https://other.tamr.cloud", 3)
    assert settings.api_key == "key-env"


def test_an_empty_variable_is_the_same_as_none() -> None:
    env = dict.fromkeys(
        [
            "TAMR_URL",
            "TAMR_SLOTS",
            "TAMR_API_KEY",
            "TAMR_API_KEY_DEV",
            "TAMR_POLL_SECONDS",
            "TAMR_HAND_OVER_AFTER",
        ],
        "",
    )
    assert read_settings(env, "dev", URL, 8, "key") == read_settings({}, "dev", URL, 8, "key")


@pytest.mark.parametrize(
    ("stack", "variable"),
    [
        ("dev", "TAMR_API_KEY_DEV"),
        ("Prod", "TAMR_API_KEY_PROD"),
        ("eu-west.2", "TAMR_API_KEY_EU_WEST_2"),
        ("acme/staging", "TAMR_API_KEY_ACME_STAGING"),
        ("with_line", "TAMR_API_KEY_WITH_LINE"),
    ],
)
def test_the_variable_of_a_stacks_key_has_upper_case_and_underscores(
    stack: str, variable: str
) -> None:
    assert key_variable(stack) == variable
    env = {**KEY, variable: "key-own"}
    assert read_settings(env, stack, URL, secret_key="key-secret").api_key == "key-own"


def test_a_key_of_another_stack_is_not_taken() -> None:
    env = {**KEY, "TAMR_API_KEY_PROD": "key-prod"}
    assert read_settings(env, "dev", URL).api_key == "key-plain"


def test_without_a_key_both_variables_are_named() -> None:
    (problem,) = problems({}, "dev")
    assert "TAMR_API_KEY" in problem
    assert "TAMR_API_KEY_DEV" in problem


def test_without_an_address_its_setting_and_its_variable_are_named() -> None:
    (problem,) = problems(KEY, "dev", url="")
    assert "tamr:url" in problem
    assert "TAMR_URL" in problem
    assert "dev" in problem


@pytest.mark.parametrize(
    "url",
    [
        "acme.tamr.cloud",
        "ftp://acme.tamr.cloud",
        "https://",
        "https://user:pw@acme.tamr.cloud",
        "https://acme.tamr.cloud?x=1",
        "https://acme.tamr.cloud#x",
        "https://acme.tamr.cloud:99999",
        "https://[acme",
        "nonsense",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    (problem,) = problems({**KEY, "TAMR_URL": url})
    assert "allowed" in problem


@pytest.mark.parametrize("url", [URL, URL + "/", "http://127.0.0.1:18080", "http://[::1]:80"])
def test_an_address_is_taken_without_its_last_slash(url: str) -> None:
    assert read_settings(KEY, url=url).url == url.rstrip("/")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("TAMR_SLOTS", value) for value in ("0", "-1", "many", "2.5", " ", "99999")),
        *(("TAMR_POLL_SECONDS", value) for value in ("0", "-1", "soon", "nan", "inf", "301")),
        *(
            ("TAMR_HAND_OVER_AFTER", value)
            for value in ("5", "later", "0h", "5h 30m", "99999999999h")
        ),
    ],
)
def test_a_bad_value_is_reported_with_its_variable_and_what_is_allowed(
    name: str, value: str
) -> None:
    (problem,) = problems({**KEY, name: value})
    assert name in problem
    assert repr(value) in problem
    assert "allowed" in problem


def test_all_bad_values_are_reported_at_once() -> None:
    env = {
        "TAMR_URL": "nonsense",
        "TAMR_SLOTS": "many",
        "TAMR_POLL_SECONDS": "soon",
        "TAMR_HAND_OVER_AFTER": "later",
    }
    text = "\n".join(problems(env))
    for name in (*env, "TAMR_API_KEY"):
        assert name in text
    assert len(problems(env)) == 5


def test_good_values_are_read() -> None:
    env = {**KEY, "TAMR_POLL_SECONDS": "0.5", "TAMR_HAND_OVER_AFTER": "5h30m", "TAMR_SLOTS": "12"}
    settings = read_settings(env, url=URL)
    assert (settings.poll_seconds, settings.slots) == (0.5, 12)
    assert settings.hand_over_after == timedelta(hours=5, minutes=30)


def test_the_key_is_not_shown_with_the_settings() -> None:
    assert "key-plain" not in repr(read_settings(KEY, url=URL))
    assert "key-plain" not in str(read_settings(KEY, url=URL))


@pytest.mark.parametrize("key", ["schlüssel-geheim", "two\nlines-geheim", "zero\x00geheim"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(key: str) -> None:
    (problem,) = problems({"TAMR_API_KEY": key})
    assert "geheim" not in problem


def test_spaces_and_line_ends_around_a_key_are_dropped() -> None:
    assert read_settings({"TAMR_API_KEY": " key-plain\n"}, url=URL).api_key == "key-plain"


HTTP = "http://tamr.example.com"


def test_plain_http_to_another_machine_is_refused_unless_allowed() -> None:
    (problem,) = problems(KEY, url=HTTP)
    assert "TAMR_ALLOW_HTTP=1" in problem
    assert "in clear" in problem
    assert read_settings({**KEY, "TAMR_ALLOW_HTTP": "1"}, url=HTTP).url == HTTP
    assert len(problems({**KEY, "TAMR_ALLOW_HTTP": "0"}, url=HTTP)) == 1


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.8.8.8", "[::1]:8080", "tamr.localhost", "LOCALHOST"]
)
def test_plain_http_to_this_machine_needs_no_leave(host: str) -> None:
    assert read_settings(KEY, url=f"http://{host}").url == f"http://{host}"


@pytest.mark.parametrize("host", ["10.0.0.1", "[fe80::1]", "localhost.example.com", "0x7f.1"])
def test_plain_http_to_what_only_looks_like_this_machine_is_refused(host: str) -> None:
    assert len(problems(KEY, url=f"http://{host}")) == 1


@pytest.mark.parametrize("path", ["/api/v1beta1", "/api/v1beta1/jobs", "/api", "/jobs", "/jobs/"])
def test_the_apis_own_path_in_an_address_is_told_with_the_repair(path: str) -> None:
    (problem,) = problems(KEY, url=URL + path)
    assert problem.endswith(f"the address without the API's path: {URL}")


def test_an_address_below_a_path_of_a_gateway_is_taken() -> None:
    assert read_settings(KEY, url=f"{URL}/tamr/").url == f"{URL}/tamr"
