"""A network that does not work is one clear line, exit code 2, and no traceback."""

from __future__ import annotations

import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from support.fake_clock import FakeClock
from support.processes import KEY, TAMR, emulator, environment
from tamr_provider.client.http import HttpSession
from tamr_provider.errors import TenantUnreachableError
from tamr_provider.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOWHERE = "http://127.0.0.1:9"


def jobs_list(url: str, **env: str) -> tuple[int, str]:
    """Return the exit code of a command that asks a tenant, and the last line it printed."""
    done = subprocess.run(
        [*TAMR, "jobs", "list"],
        env=environment(TAMR_URL=url, TAMR_STACK="", **env),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    text = done.stdout + done.stderr
    assert "Traceback" not in text
    return done.returncode, text.strip().splitlines()[-1]


class _Empty(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'{"jobs": []}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a self-signed certificate and its key in one file."""
    path = tmp_path / "tls.pem"
    certificate = path.with_suffix(".crt")
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    where = f"-addext subjectAltName=IP:127.0.0.1 -keyout {path} -out {certificate}"
    subprocess.run(["openssl", *f"{words} {where}".split()], check=True, capture_output=True)
    path.write_text(path.read_text() + certificate.read_text())
    return path


@pytest.fixture
def tls(certificate: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Empty)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_untrusted_certificate_names_the_variable_to_set(tls: str, certificate: Path) -> None:
    code, line = jobs_list(tls)
    assert code == 2
    assert "certificate verify failed" in line
    assert "Set SSL_CERT_FILE" in line
    assert jobs_list(tls, SSL_CERT_FILE=str(certificate)) == (0, "no jobs")


def unreachable(url: str) -> str:
    """Return what is said of an address, without the pauses between the tries."""
    settings = Settings(url=url, api_key=KEY)
    with pytest.raises(TenantUnreachableError) as raised:
        HttpSession(settings, FakeClock(), threading.Event()).get("/jobs", "the list")
    assert raised.value.exit_code == 2
    return str(raised.value)


def test_a_name_that_does_not_resolve_is_told() -> None:
    said = unreachable("https://no-such-tenant.invalid")
    assert "no-such-tenant.invalid cannot be reached" in said
    assert "Is this a Tamr tenant?" in said


@pytest.mark.parametrize("proxy", [NOWHERE, "socks5://127.0.0.1:9"])
def test_a_proxy_that_does_not_answer_is_suspected(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert "the proxy in the environment" in unreachable("https://acme.tamr.cloud")


@pytest.mark.parametrize(
    "env",
    [{"HTTPS_PROXY": "ftp://proxy"}, {"SSL_CERT_FILE": "/no/such/file"}],
    ids=["a proxy of an unknown kind", "a file of certificates that is not there"],
)
def test_a_variable_that_cannot_be_used_is_told(env: dict[str, str]) -> None:
    code, line = jobs_list("https://acme.tamr.cloud", **env)
    assert code == 2
    assert "Check HTTPS_PROXY, ALL_PROXY and SSL_CERT_FILE" in line


def test_no_proxy_is_asked_for_addresses_that_no_proxy_names() -> None:
    with emulator() as server:
        env = {"HTTP_PROXY": NOWHERE, "NO_PROXY": "127.0.0.1"}
        assert jobs_list(server.url, **env) == (0, "no jobs")
