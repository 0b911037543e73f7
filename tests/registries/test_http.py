"""The seam to HTTP: what is repeated, what each failure is called, what is never shown."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

import pytest
import trustme
import urllib3

from promptsync.errors import (
    RegistryAnswerError,
    RegistryError,
    RegistryRefusedError,
    RegistryUnavailableError,
)
from promptsync.prompt import Json
from promptsync.registries.http import HttpClient
from promptsync.registries.http_connections import CONNECTIONS_PER_HOST
from promptsync.registries.http_credentials import Credentials
from promptsync.registries.http_errors import LostAnswerError, NotReachedError, meaning_of
from promptsync.registries.http_timeouts import Timeouts
from tests.fakes.braintrust import (
    AnswersHtml,
    BraintrustServer,
    CutsOff,
    Hangs,
    Meanwhile,
    RateLimited,
    Refused,
    ResetAfterApplying,
    ResetBeforeApplying,
    Slow,
    TruncatesJson,
    braintrust_server,
    unavailable,
)
from tests.fakes.service.exchange import Request, Response, Serve
from tests.registries.serving import OK, answers, playing, read_request, unused_address

KEY = "sk-example"
WITHOUT_PAUSES = Timeouts(pauses=(0, 0, 0))

Ask = Callable[[HttpClient, str], Json]


@dataclass(frozen=True)
class Says:
    """Answers with given bytes."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    on: str = "*"

    def __call__(self, request: Request, serve: Serve) -> Response:  # noqa: ARG002
        return Response(self.body, self.status, self.content_type, dict(self.headers))


def http_client(
    key: str = KEY,
    *,
    timeouts: Timeouts = WITHOUT_PAUSES,
    proxies: Mapping[str, str] | None = None,
    verify_tls: bool = True,
) -> HttpClient:
    credentials = Credentials(
        headers={"authorization": f"Bearer {key}"}, secrets=(key,), variable="EXAMPLE_API_KEY"
    )
    return HttpClient(credentials, timeouts=timeouts, proxies=proxies, verify_tls=verify_tls)


@pytest.fixture
def service() -> Iterator[BraintrustServer]:
    with braintrust_server() as service:
        yield service


@pytest.fixture
def client() -> Iterator[HttpClient]:
    client = http_client()
    yield client
    client.close()


def read(client: HttpClient, url: str) -> Json:
    return client.get(f"{url}/v1/project")


def ask(client: HttpClient, url: str) -> Json:
    return client.query(f"{url}/api/apikey/login")


def write(client: HttpClient, url: str) -> Json:
    return client.write("POST", f"{url}/v1/project", {"name": "Another"}, within=9)


def said(service: BraintrustServer, client: HttpClient, text: str, status: int = 400) -> str:
    """Return the message for an error text of a service, without what comes before the text."""
    service.inject(Refused(status, text))
    with pytest.raises(RegistryError) as raised:
        read(client, service.url)
    return raised.value.message.partition("/v1/project: ")[2]


# -- asking --


@pytest.mark.network
def test_an_answer_is_what_the_json_says(service: BraintrustServer, client: HttpClient) -> None:
    found = client.get(f"{service.url}/v1/project", {"project_name": "no such & one", "limit": "1"})

    assert found == {"objects": []}
    assert service.requests[-1].query == (("project_name", "no such & one"), ("limit", "1"))


@pytest.mark.network
def test_a_body_is_sent_as_json(service: BraintrustServer, client: HttpClient) -> None:
    client.write("POST", f"{service.url}/v1/project", {"name": "Größe"}, within=9)

    assert json.loads(service.requests[-1].body) == {"name": "Größe"}
    assert service.requests[-1].headers["content-type"] == "application/json"


@pytest.mark.network
def test_an_empty_answer_is_nothing(service: BraintrustServer, client: HttpClient) -> None:
    service.inject(Says(b"", 204))

    assert write(client, service.url) is None


@pytest.mark.network
def test_a_compressed_answer_is_read(service: BraintrustServer, client: HttpClient) -> None:
    read(client, service.url)

    assert service.requests[-1].headers["accept-encoding"] == "gzip"


@pytest.mark.network
def test_a_connection_serves_many_requests(client: HttpClient) -> None:
    connections = []

    def play(connection: socket.socket) -> None:
        connections.append(connection)
        answers(OK)(connection)

    with playing(play) as url:
        for _ in range(5):
            read(client, url)

    assert len(connections) == 1


@pytest.mark.network
def test_threads_share_a_bounded_number_of_connections(client: HttpClient) -> None:
    connections = []
    everybody_is_there = threading.Barrier(CONNECTIONS_PER_HOST)

    def play(connection: socket.socket) -> None:
        connections.append(connection)
        if read_request(connection):
            everybody_is_there.wait(60)
            connection.sendall(OK)
        answers(OK)(connection)

    with playing(play) as url:
        threads = [
            threading.Thread(target=read, args=(client, url))
            for _ in range(2 * CONNECTIONS_PER_HOST)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(connections) == CONNECTIONS_PER_HOST


def test_nothing_slow_is_imported_before_a_request_is_made() -> None:
    program = (
        "import sys, promptsync.registries.braintrust as b; "
        "b.BraintrustRegistry(project='Trader', api_key='k'); "
        "print(*sys.modules, sep='\\n')"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert not {"urllib3", "http.client", "ssl"} & set(result.stdout.split())


# -- what is repeated --


@pytest.mark.network
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("repeatable", [read, ask])
def test_reading_is_tried_four_times(
    service: BraintrustServer, client: HttpClient, repeatable: Ask, status: int
) -> None:
    service.inject(Refused(status, "Later"), times=3)

    assert repeatable(client, service.url)
    assert len(service.requests) == 4


@pytest.mark.network
def test_a_request_is_not_tried_again_after_its_client_was_closed(
    service: BraintrustServer, client: HttpClient
) -> None:
    service.inject(unavailable())
    service.inject(Meanwhile(client.close))

    with pytest.raises(RegistryUnavailableError):
        read(client, service.url)

    assert len(service.requests) == 1


@pytest.mark.network
def test_the_fifth_time_is_not_tried(service: BraintrustServer, client: HttpClient) -> None:
    service.inject(unavailable())

    with pytest.raises(RegistryUnavailableError, match="answered 503 to GET /v1/project"):
        read(client, service.url)
    assert len(service.requests) == 4


@pytest.mark.network
@pytest.mark.parametrize("fault", [ResetBeforeApplying(), ResetAfterApplying(), CutsOff()])
def test_reading_is_tried_again_when_the_connection_breaks(
    service: BraintrustServer, client: HttpClient, fault: ResetBeforeApplying
) -> None:
    service.inject(fault, times=2)

    assert read(client, service.url)
    assert len(service.requests) == 3


@pytest.mark.network
@pytest.mark.parametrize(
    "fault",
    [
        Refused(500),
        Refused(503),
        RateLimited(0),
        ResetBeforeApplying(),
        ResetAfterApplying(),
        CutsOff(),
        TruncatesJson(),
    ],
    ids=lambda fault: type(fault).__name__ + str(getattr(fault, "status", "")),
)
def test_a_write_is_never_repeated(
    service: BraintrustServer, client: HttpClient, fault: Refused
) -> None:
    service.inject(fault)

    with pytest.raises(RegistryError):
        write(client, service.url)
    assert len(service.requests) == 1


@pytest.mark.network
@pytest.mark.parametrize(
    "fault", [Refused(500), Refused(504), ResetBeforeApplying(), ResetAfterApplying()]
)
def test_a_write_without_an_answer_may_have_been_carried_out(
    service: BraintrustServer, client: HttpClient, fault: Refused
) -> None:
    service.inject(fault)

    with pytest.raises(LostAnswerError):
        write(client, service.url)


@pytest.mark.network
def test_a_write_without_an_answer_in_time_may_have_been_carried_out(
    service: BraintrustServer, client: HttpClient
) -> None:
    service.inject(Slow(0.6))

    with pytest.raises(LostAnswerError, match="did not answer in time"):
        client.write("POST", f"{service.url}/v1/project", {"name": "Another"}, within=0.2)


@pytest.mark.network
def test_a_write_that_was_put_off_was_not_carried_out(
    service: BraintrustServer, client: HttpClient
) -> None:
    service.inject(RateLimited())

    with pytest.raises(RegistryUnavailableError) as raised:
        write(client, service.url)
    assert not isinstance(raised.value, LostAnswerError)


@pytest.mark.network
def test_a_write_to_nobody_was_not_carried_out(client: HttpClient) -> None:
    with pytest.raises(NotReachedError):
        write(client, unused_address())


@pytest.mark.network
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_is_final(service: BraintrustServer, client: HttpClient, status: int) -> None:
    service.inject(Refused(status, "No"))

    with pytest.raises(RegistryRefusedError) as raised:
        read(client, service.url)
    assert raised.value.status == status
    assert len(service.requests) == 1


# -- Retry-After --


@pytest.mark.network
@pytest.mark.parametrize("retry_after", ["0", formatdate(usegmt=True)], ids=["seconds", "moment"])
def test_the_time_that_a_service_names_is_kept(service: BraintrustServer, retry_after: str) -> None:
    # The pause alone would outlast the deadline.
    client = http_client(timeouts=Timeouts(pauses=(60,)))
    service.inject(Says(b"", 429, headers=(("retry-after", retry_after),)), times=1)

    assert read(client, service.url)
    client.close()


@pytest.mark.network
@pytest.mark.parametrize("retry_after", ["soon", "-1", ""])
def test_a_time_that_makes_no_sense_is_ignored(
    service: BraintrustServer, client: HttpClient, retry_after: str
) -> None:
    service.inject(Says(b"", 429, headers=(("retry-after", retry_after),)), times=1)

    assert read(client, service.url)


@pytest.mark.network
def test_a_time_beyond_the_deadline_is_told_instead_of_waited_for(
    service: BraintrustServer, client: HttpClient
) -> None:
    service.inject(RateLimited(3600))

    with pytest.raises(RegistryUnavailableError) as raised:
        read(client, service.url)
    assert raised.value.hint == "too many requests; try again in 3600 s"
    assert len(service.requests) == 1


# -- deadlines --


@pytest.mark.network
def test_a_server_that_never_answers_is_given_up(
    service: BraintrustServer,
) -> None:
    client = http_client(timeouts=Timeouts().within(0.3))
    service.inject(Hangs())

    with pytest.raises(RegistryUnavailableError, match=r"did not answer in time\n"):
        read(client, service.url)
    client.close()


@pytest.mark.network
def test_a_question_that_is_asked_by_post_may_have_a_deadline_of_its_own(
    service: BraintrustServer, client: HttpClient
) -> None:
    service.inject(Hangs())

    with pytest.raises(RegistryUnavailableError, match="in time"):
        client.query(service.url, {}, within=0.3)


def test_nothing_is_asked_after_the_deadline() -> None:
    client = http_client(timeouts=Timeouts(until=time.monotonic()))

    # The network is not even tried: this test may not connect.
    with pytest.raises(NotReachedError, match="the time for that was over"):
        read(client, "http://127.0.0.1:9")


def test_a_closed_client_asks_nothing() -> None:
    client = http_client()
    client.close()

    # A thread that waited its turn while others were closing may not connect any more.
    with pytest.raises(NotReachedError, match="the time for that was over"):
        read(client, "http://127.0.0.1:9")


@pytest.mark.network
def test_an_answer_that_never_ends_is_given_up() -> None:
    client = http_client(timeouts=Timeouts(body=0.2, answer=0.5, pauses=()))

    def play(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.01)

    with playing(play) as url, pytest.raises(RegistryUnavailableError, match="in time"):
        read(client, url)
    client.close()


@pytest.mark.parametrize("timeouts", [Timeouts(), Timeouts().within(60), Timeouts().within(2)])
def test_a_dead_server_shows_within_15_seconds(timeouts: Timeouts) -> None:
    assert max(timeouts.connect, timeouts.read) <= timeouts.answer < 15


def test_a_deadline_tightens_every_timeout() -> None:
    assert Timeouts().within(2) == Timeouts(connect=2, read=2, answer=2, body=2)
    assert Timeouts().within(None) == Timeouts()


# -- what a failure is called --


@pytest.mark.network
def test_nobody_listening(client: HttpClient) -> None:
    url = unused_address()

    with pytest.raises(NotReachedError) as raised:
        read(client, url)
    host = url.removeprefix("http://")
    assert raised.value.message == f"cannot connect to `{host}`: connection refused"
    assert raised.value.hint == "check the network; trying again is safe"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:port", "ftp://127.0.0.1", "http://a..b", "http://" + "a" * 300]
)
def test_an_address_that_cannot_be_one(client: HttpClient, url: str) -> None:
    with pytest.raises(RegistryUnavailableError) as raised:
        read(client, url)
    assert "check the registry's address" in (raised.value.hint or "")


@pytest.mark.network
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_names_its_variable(
    service: BraintrustServer, client: HttpClient, status: int
) -> None:
    service.inject(Refused(status, "Forbidden"))

    with pytest.raises(RegistryRefusedError) as raised:
        read(client, service.url)
    assert "EXAMPLE_API_KEY" in (raised.value.hint or "")


@pytest.mark.network
@pytest.mark.parametrize(
    "body",
    [
        b'{"objects": [',
        b"Hello",
        b'{"number": NaN}',
        b'{"number": Infinity}',
        b'{"number": -Infinity}',
        b'{"number": 1e999}',
        b'{"number": ' + b"1" * 5000 + b"}",
        b'{"text": "\xff"}',
        b"[" * 100_000,
        b"\xef\xbb\xbf{}",
    ],
    ids=lambda body: body[:20].decode("latin-1"),
)
def test_what_is_no_json_is_an_error(
    service: BraintrustServer, client: HttpClient, body: bytes
) -> None:
    service.inject(Says(body))

    with pytest.raises(RegistryAnswerError) as raised:
        read(client, service.url)
    host = service.url.removeprefix("http://")
    assert raised.value.message == (
        f"`{host}` answered GET /v1/project with broken JSON where JSON belongs"
    )


@pytest.mark.network
@pytest.mark.parametrize("status", [200, 404, 503])
def test_a_page_for_people_is_called_one(
    service: BraintrustServer, client: HttpClient, status: int
) -> None:
    service.inject(AnswersHtml(status))

    with pytest.raises(RegistryError, match="an HTML page"):
        read(client, service.url)


@pytest.mark.network
def test_a_redirect_is_not_followed(service: BraintrustServer, client: HttpClient) -> None:
    headers = (("location", "https://user:pass@elsewhere.example/login"),)
    service.inject(Says(b"", 302, headers=headers))

    with pytest.raises(RegistryAnswerError) as raised:
        read(client, service.url)
    assert raised.value.message.endswith(
        "redirects GET /v1/project to https://elsewhere.example/login"
    )
    assert len(service.requests) == 1


@pytest.mark.network
@pytest.mark.parametrize(
    "response",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Encoding: gzip\r\n\r\nnot gzip!",
    ],
    ids=["another protocol", "broken chunks", "broken gzip"],
)
def test_what_is_no_proper_http_is_an_error(client: HttpClient, response: bytes) -> None:
    def play(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(response)

    with playing(play) as url, pytest.raises(RegistryError):
        read(client, url)


def test_every_exception_of_urllib3_has_a_meaning() -> None:
    module = urllib3.exceptions
    found = {
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, Exception)
        and not issubclass(each, Warning)
        and each.__module__ == module.__name__
    }

    assert len(found) > 20
    # The root itself is never raised: it has no meaning, lest a new branch inherits one.
    assert {each for each in found if meaning_of(each) is None} == {module.HTTPError}


# -- what is never shown --


@pytest.mark.network
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "Missing read access to prompt id 7 [user_email=ada@example.com] [user_org=Example] "
            "[timestamp=1.5] [request_id=iad1::x]",
            "Missing read access to prompt id 7",
        ),
        ("cut off [user_email=ada@exam", "cut off"),
        ("write to ada.lovelace+x@mail.example.com now", "write to <e-mail> now"),
        (f"the key {KEY} is unknown", "the key *** is unknown"),
        ("Authorization: Bearer abc.def-ghi=, sorry", "Authorization: Bearer ***, sorry"),
        ("old key sk-1234567890abcdef", "old key ***"),
        ("see https://ada:secret@example.com/x", "see https://example.com/x"),
        ("?api_key=abc&limit=1", "?api_key=***&limit=1"),
        ('{"token": "abc"}', '{"token": ***}'),
        ('{"error": "Not found"}', "Not found"),
        ("one\ntwo\x1b[31m red\x00 \u202eevil", "one two [31m red evil"),
        ("x" * 1000, "x" * 199 + "…"),
        ("", ""),
    ],
)
def test_an_error_text_is_redacted(
    service: BraintrustServer, client: HttpClient, text: str, shown: str
) -> None:
    assert said(service, client, text) == shown


@pytest.mark.network
def test_a_long_error_text_is_read_in_no_time(
    service: BraintrustServer, client: HttpClient
) -> None:
    assert said(service, client, "a." * 500_000).endswith("…")


@pytest.mark.parametrize("key", ["sk-1\nX-Other: 1", "sk-1\r", "schlüssel", "“sk-1”"])
def test_a_key_that_cannot_be_sent_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(RegistryRefusedError) as raised:
        read(http_client(key), "http://127.0.0.1:9")
    assert raised.value.message == "the key in EXAMPLE_API_KEY has characters that no key has"
    assert raised.value.__cause__ is None


def test_no_key_at_all_names_the_variable() -> None:
    with pytest.raises(RegistryRefusedError) as raised:
        read(http_client(""), "http://127.0.0.1:9")
    assert (raised.value.message, raised.value.hint) == ("there is no key", "set EXAMPLE_API_KEY")


def test_credentials_do_not_show_themselves() -> None:
    shown = repr(Credentials(headers={"a": KEY}, secrets=(KEY,), variable="EXAMPLE_API_KEY"))

    assert KEY not in shown


# -- TLS --


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def serving_with(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.mark.network
def test_an_unknown_certificate_is_not_trusted(client: HttpClient, authority: trustme.CA) -> None:
    connections = []

    def play(connection: socket.socket) -> None:
        connections.append(connection)

    tls = serving_with(authority, "127.0.0.1")
    with playing(play, tls=tls) as url, pytest.raises(RegistryUnavailableError) as raised:
        read(client, url)

    assert raised.value.message.startswith("no safe connection to `127.0.0.1:")
    assert "SSL_CERT_FILE" in (raised.value.hint or "")
    assert connections == []


@pytest.mark.network
def test_a_certificate_of_another_host_is_not_trusted(
    client: HttpClient, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(authority, tmp_path, monkeypatch)
    tls = serving_with(authority, "elsewhere.example")

    with playing(answers(OK), tls=tls) as url, pytest.raises(RegistryUnavailableError):
        read(client, url)


@pytest.mark.network
def test_a_company_certificate_is_trusted_where_the_environment_says_so(
    client: HttpClient, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(authority, tmp_path, monkeypatch)

    with playing(answers(OK), tls=serving_with(authority, "127.0.0.1")) as url:
        assert read(client, url) == {}


@pytest.mark.network
def test_any_certificate_will_do_where_that_was_asked_for(authority: trustme.CA) -> None:
    tls = serving_with(authority, "elsewhere.example")

    with closing(http_client(verify_tls=False)) as client, playing(answers(OK), tls=tls) as url:
        assert read(client, url) == {}


@pytest.mark.network
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no"}', "RESOURCE_DOES_NOT_EXIST"),
        (b'{"error_code": 7}', None),
        (b'["error_code"]', None),
        (b"no JSON", None),
    ],
)
def test_a_refusal_has_the_services_own_code(
    client: HttpClient, body: bytes, code: str | None
) -> None:
    head = b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n" % len(body)

    with playing(answers(head + body)) as url, pytest.raises(RegistryRefusedError) as refused:
        read(client, url)

    assert (refused.value.status, refused.value.code) == (404, code)


def trust(authority: trustme.CA, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


# -- proxies --


def proxied(service: BraintrustServer, **others: str) -> HttpClient:
    address = service.url.replace("http://", "http://ada:pass%20word@")
    return http_client(proxies={"http": address, **others})


@pytest.mark.network
def test_a_proxy_is_asked_for_what_is_elsewhere(service: BraintrustServer) -> None:
    client = proxied(service)

    assert read(client, "http://api.example") == {"objects": [service_project(service)]}
    assert service.requests[-1].headers["host"] == "api.example"
    assert service.requests[-1].headers["proxy-authorization"] == "Basic YWRhOnBhc3Mgd29yZA=="
    client.close()


@pytest.mark.network
@pytest.mark.parametrize("excluded", ["127.0.0.1", "*", "example.com,127.0.0.1"])
def test_an_excluded_host_is_asked_directly(service: BraintrustServer, excluded: str) -> None:
    client = http_client(proxies={"http": unused_address(), "no": excluded})

    assert read(client, service.url) == {"objects": [service_project(service)]}
    client.close()


@pytest.mark.network
def test_a_proxy_that_is_down_is_named_without_its_password() -> None:
    address = unused_address().replace("http://", "http://ada:password@")
    client = http_client(proxies={"http": address})

    with pytest.raises(NotReachedError) as raised:
        read(client, "http://api.example")
    assert raised.value.message == (
        "the proxy on the way to `api.example` did not work: connection refused"
    )
    assert raised.value.hint == "check HTTP_PROXY, HTTPS_PROXY and NO_PROXY"


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "127.0.0.1:port", "http://"])
def test_a_proxy_that_cannot_be_one_is_an_error(proxy: str) -> None:
    with pytest.raises(RegistryUnavailableError):
        read(http_client(proxies={"http": proxy}), "http://api.example")


def service_project(service: BraintrustServer) -> Json:
    project = service.project("Trader")
    return {
        "id": project.id,
        "org_id": project.organization.id,
        "name": "Trader",
        "description": None,
        "created": project.created,
        "deleted_at": None,
        "user_id": project.user_id,
        "settings": None,
    }
