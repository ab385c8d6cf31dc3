"""A file from the web: by checked addresses, re-checked at each redirect, within caps, and not twice."""

import datetime
import ssl
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from web import Web, plain, raw, serving, versioned
from workspaces import lines

from pipelines.errors import FlywheelError, ServerError, SourceError
from pipelines.sources.fetching import Reach, fetch, origin_of

BODY = b"id,text\n1,fine\n"


def forever(handler: BaseHTTPRequestHandler) -> None:
    """A body without a length and, as far as anybody asks here, without an end."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for _ in range(50):
        handler.wfile.write(b"10000\r\n" + bytes(0x10000) + b"\r\n")


def drop_by_drop(handler: BaseHTTPRequestHandler) -> None:
    """Never silent for long, and never done."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(400):
        handler.wfile.write(b"x")
        time.sleep(0.02)


ANSWERS = {
    "/a.csv": plain(200, BODY),
    "/same.csv": versioned(BODY, '"one"'),
    "/there": plain(302, b"", Location="/a.csv"),
    "/round": plain(302, b"", Location="/round"),
    "/inside": plain(302, b"", Location="http://127.0.0.1/secret.csv"),
    "/mapped": plain(301, b"", Location="http://[::ffff:169.254.169.254]/latest"),
    "/file": plain(307, b"", Location="file:///etc/passwd"),
    "/rebound": plain(302, b"", Location="http://rebinding.example/secret.csv"),
    "/nowhere": plain(308, b""),
    "/forever": forever,
    "/drops": drop_by_drop,
    "/short.csv": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nid,text\n"),
    "/noise": raw(b"\x00\x01\x02 this is no HTTP\r\n\r\n"),
    "/gone.csv": plain(404, b"secret"),
    "/mine.csv": plain(403, b"secret"),
    "/busy.csv": plain(503, b"secret"),
    "/export": plain(200, BODY, Content_Type="text/csv; charset=utf-8"),
    "/packed.csv": plain(200, BODY, Content_Encoding="gzip"),
    "/odd.csv": plain(200, BODY, Content_Encoding="br"),
    "/..%2f..%2fescaped.csv": plain(200, BODY),
}


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with serving(ANSWERS) as server:
        yield server


class Names:
    """A resolver that counts, and that answers `rebinding.example` with a public address first and ours then."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host == "rebinding.example" and self.asked.count(host) > 1:
            return ["93.184.216.34"]
        return {"good.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]}.get(host, [host.strip("[]")])


def reach(**changed: object) -> Reach:
    """The world of these tests: two hosts on loopback may be reached, by name."""
    return Reach(private=("good.example", "other.example"), resolve=Names(), **changed)  # type: ignore[arg-type]


def refused(web: Web, path: str, folder: Path, world: Reach | None = None) -> FlywheelError:
    with pytest.raises(FlywheelError) as caught:
        fetch(web.url(path), folder, world or reach())
    assert len(lines(caught.value)) == 3
    assert "secret" not in str(caught.value).replace("secret store", "")
    return caught.value


def test_a_file_comes_whole_from_the_address_that_was_checked_under_the_host_s_own_name(
    web: Web, tmp_path: Path
) -> None:
    names = Names()
    found = fetch(web.url("/a.csv?week=3"), tmp_path, Reach(private=("good.example",), resolve=names))
    assert found == (tmp_path / "a.csv", "")
    assert found[0].read_bytes() == BODY
    assert names.asked == ["good.example"]
    path, headers = web.asked[-1]
    assert path == "/a.csv?week=3"
    assert headers["Host"] == f"good.example:{web.port}"


def test_what_is_on_loopback_is_not_fetched_where_nobody_allowed_it(web: Web, tmp_path: Path) -> None:
    before = len(web.asked)
    for url in (web.url("/a.csv", "127.0.0.1"), web.url("/a.csv", "localhost"), web.url("/a.csv", "[::1]")):
        with pytest.raises(SourceError):
            fetch(url, tmp_path, Reach())
    assert len(web.asked) == before


@pytest.mark.parametrize("path", ["/inside", "/mapped", "/file", "/round", "/nowhere"])
def test_a_redirect_is_checked_as_the_first_url_was(web: Web, path: str, tmp_path: Path) -> None:
    assert isinstance(refused(web, path, tmp_path), SourceError)
    assert not list(tmp_path.iterdir())


def test_a_redirect_to_a_name_that_turns_inwards_is_refused(web: Web, tmp_path: Path) -> None:
    assert "rebinding.example has an address that is not public" in str(
        refused(web, "/rebound", tmp_path, Reach(private=("good.example",), resolve=turning))
    )


def turning(host: str, port: int) -> list[str]:
    return {"good.example": ["127.0.0.1"], "rebinding.example": ["93.184.216.34", "127.0.0.1"]}[host]


def test_a_redirect_within_reach_is_followed(web: Web, tmp_path: Path) -> None:
    found = fetch(web.url("/there"), tmp_path, reach())
    assert found is not None
    assert found[0].name == "a.csv"
    assert found[0].read_bytes() == BODY


def test_a_token_is_shown_to_its_host_and_to_no_other(web: Web, tmp_path: Path) -> None:
    fetch(web.url("/a.csv"), tmp_path, reach(token="t0ken"))
    assert web.asked[-1][1]["Authorization"] == "Bearer t0ken"
    ANSWERS["/away"] = plain(302, b"", Location=web.url("/a.csv", "other.example"))
    fetch(web.url("/away"), tmp_path, reach(token="t0ken"))
    assert web.asked[-1][1]["Host"].startswith("other.example")
    assert "Authorization" not in web.asked[-1][1]


def test_a_body_without_end_ends_at_the_cap(web: Web, tmp_path: Path) -> None:
    assert "larger than 300,000 bytes" in str(refused(web, "/forever", tmp_path, reach(largest=300_000)))


def test_a_server_that_only_drips_is_cut_off(web: Web, tmp_path: Path) -> None:
    started = time.monotonic()
    error = refused(web, "/drops", tmp_path, reach(longest=0.3))
    assert isinstance(error, ServerError)
    assert "in time" in str(error)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/short.csv", ServerError),
        ("/noise", ServerError),
        ("/busy.csv", ServerError),
        ("/gone.csv", SourceError),
        ("/mine.csv", SourceError),
        ("/odd.csv", SourceError),
    ],
)
def test_what_is_not_the_whole_file_is_refused(web: Web, path: str, kind: type, tmp_path: Path) -> None:
    assert isinstance(refused(web, path, tmp_path), kind)


def test_a_server_that_is_not_there_may_come_back(tmp_path: Path) -> None:
    with serving({}) as server:
        url = server.url("/a.csv")
    with pytest.raises(ServerError):
        fetch(url, tmp_path, reach())


def test_a_version_that_still_stands_is_not_sent_again(web: Web, tmp_path: Path) -> None:
    found = fetch(web.url("/same.csv"), tmp_path, reach())
    assert found is not None
    assert found[1] == 'etag "one"'
    assert fetch(web.url("/same.csv"), tmp_path, reach(), found[1]) is None
    assert fetch(web.url("/same.csv"), tmp_path, reach(), 'etag "zero"') is not None


def test_a_name_stays_in_its_folder_and_tells_the_format_that_the_server_told(web: Web, tmp_path: Path) -> None:
    for path, name in (
        ("/..%2f..%2fescaped.csv", "escaped.csv"),
        ("/export", "export.csv"),
        ("/packed.csv", "packed.csv.gz"),
    ):
        found = fetch(web.url(path), tmp_path, reach())
        assert found is not None
        assert found[0].parent == tmp_path
        assert found[0].name.endswith(name)


def test_an_origin_is_written_down_without_secrets() -> None:
    url = "HTTPS://me:pass@good.example:8443/data/a.csv?X-Signature=abc&token=def#top"
    assert origin_of(url) == "https://good.example:8443/data/a.csv"


def certified(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate for `name`, and the file by which it is trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(called, called, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    both = folder / "both.pem"
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    both.write_bytes(private + made.public_bytes(pem))
    (folder / "trusted.pem").write_bytes(made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context, folder / "trusted.pem"


def test_https_asks_for_the_certificate_of_the_name_though_it_connects_to_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = certified(tmp_path, "good.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with serving(
        {"/a.csv": plain(200, BODY), "/down": plain(302, b"", Location="http://good.example/a.csv")}, context
    ) as web:
        found = fetch(web.url("/a.csv", scheme="https"), tmp_path, reach())
        assert found is not None
        assert found[0].read_bytes() == BODY
        with pytest.raises(ServerError, match="SSLCertVerificationError"):
            fetch(web.url("/a.csv", "other.example", "https"), tmp_path, reach())
        with pytest.raises(SourceError, match="from https to something else"):
            fetch(web.url("/down", scheme="https"), tmp_path, reach())
