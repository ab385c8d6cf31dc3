"""A URL leads to the public Internet or nowhere: 25 forms and more that try to lead elsewhere."""

import ipaddress
import socket
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workspaces import lines

from pipelines.errors import ServerError, SourceError
from pipelines.sources.addresses import find_target, is_public, parts_of

PUBLIC = "93.184.216.34"
# What names resolve to, as an attacker's own name server may say.
NAMES = {
    "good.example": [PUBLIC],
    "both.example": [PUBLIC, "10.0.0.7"],
    "inner.example": ["192.168.1.20"],
    "metadata.google.internal": ["169.254.169.254"],
    "127.0.0.1.nip.example": ["127.0.0.1"],
    "six.example": ["::1"],
    "mapped.example": ["::ffff:10.1.2.3"],
}


def resolve(host: str, port: int) -> Sequence[str]:
    """The names above; numbers as this machine's own resolver reads them, in all their forms."""
    if host in NAMES:
        return NAMES[host]
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return [str(each[4][0]) for each in found]


ELSEWHERE = [
    "http://127.0.0.1/a.csv",
    "http://127.1/a.csv",
    "http://2130706433/a.csv",
    "http://0x7f000001/a.csv",
    "http://0177.0.0.1/a.csv",
    "http://0/a.csv",
    "http://0.0.0.0:8000/a.csv",
    "http://[::1]/a.csv",
    "http://[::]/a.csv",
    "http://[::ffff:127.0.0.1]/a.csv",
    "http://[::ffff:7f00:1]/a.csv",
    "http://[::127.0.0.1]/a.csv",
    "http://[64:ff9b::10.0.0.1]/a.csv",
    "http://[2002:7f00:1::]/a.csv",
    "http://[fe80::1]/a.csv",
    "http://[fc00::1]/a.csv",
    "http://[ff02::1]/a.csv",
    "http://10.0.0.1/a.csv",
    "http://172.16.3.4/a.csv",
    "http://192.168.1.1/a.csv",
    "http://100.64.0.1/a.csv",
    "http://169.254.169.254/latest/meta-data",
    "http://224.0.0.1/a.csv",
    "http://255.255.255.255/a.csv",
    "http://198.18.0.1/a.csv",
    "https://both.example/a.csv",
    "https://inner.example/a.csv",
    "http://metadata.google.internal/computeMetadata/v1",
    "http://127.0.0.1.nip.example/a.csv",
    "https://six.example/a.csv",
    "https://mapped.example/a.csv",
]
MISSHAPEN = [
    "file:///etc/passwd",
    "gopher://good.example:70/_x",
    "ftp://good.example/a.csv",
    "dict://good.example:11211/stats",
    "jar:http://good.example!/a.csv",
    "http://good.example@127.0.0.1/a.csv",
    "http://me:secret@good.example/a.csv",
    "http://good.example\\@127.0.0.1/a.csv",
    "http://good.example /a.csv",
    "http://good.example/a.csv\r\nHost: inner.example",
    "http://good.example\t/a.csv",
    "http://①②⑦.⓪.⓪.①/a.csv",
    "http://good。example/a.csv",
    "http://[fe80::1%25eth0]/a.csv",
    "http://[::1/a.csv",
    "http://good.example:99999/a.csv",
    "http://good.example:abc/a.csv",
    "http:///a.csv",
    "http://-good.example/a.csv",
    "http:good.example/a.csv",
    "//good.example/a.csv",
    "http://\u202egood.example/a.csv",
]


def refusal(url: str) -> list[str]:
    with pytest.raises(SourceError, match="ingest: ") as caught:
        find_target(url, (), resolve)
    return lines(caught.value)


@pytest.mark.parametrize("url", ELSEWHERE)
def test_an_address_that_is_not_public_is_refused_in_every_spelling(url: str) -> None:
    assert "is not public" in refusal(url)[0]


@pytest.mark.parametrize("url", MISSHAPEN)
def test_a_form_that_two_readers_could_part_is_refused(url: str) -> None:
    said = " ".join(refusal(url))
    assert "me:secret" not in said
    assert "/etc/" not in said


def test_a_public_host_is_reached_by_the_address_that_was_checked() -> None:
    found = find_target("https://good.example:8443/评论 .csv".replace(" ", "") + "?week=3#top", (), resolve)
    assert (found.scheme, found.host, found.port, found.addresses) == ("https", "good.example", 8443, (PUBLIC,))
    assert found.path == "/%E8%AF%84%E8%AE%BA.csv?week=3"


def test_an_unknown_host_may_be_known_later() -> None:
    def nobody(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(ServerError):
        find_target("https://nowhere.example/a.csv", (), nobody)


@pytest.mark.parametrize(
    ("private", "url", "reached"),
    [
        (("inner.example",), "https://inner.example/a.csv", True),
        (("INNER.example.",), "https://inner.example/a.csv", True),
        (("192.168.0.0/16",), "https://inner.example/a.csv", True),
        (("10.0.0.0/8",), "https://mapped.example/a.csv", True),
        (("127.0.0.1",), "http://2130706433/a.csv", True),
        (("10.0.0.0/8",), "https://inner.example/a.csv", False),
        (("inner.example",), "http://192.168.1.20/a.csv", False),
        (("example",), "https://inner.example/a.csv", False),
    ],
)
def test_a_private_place_is_reached_only_where_it_is_named(private: tuple[str, ...], url: str, reached: bool) -> None:
    if reached:
        assert find_target(url, private, resolve).addresses
    else:
        with pytest.raises(SourceError):
            find_target(url, private, resolve)


@given(st.ip_addresses())
def test_an_address_that_the_registries_call_special_is_never_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    special = address.is_private or address.is_loopback or address.is_link_local or address.is_multicast
    assert not (special and is_public(address))


@given(st.ip_addresses(v=4))
def test_an_address_within_another_counts_as_itself(address: ipaddress.IPv4Address) -> None:
    for carrier in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert is_public(ipaddress.ip_address(carrier)) == is_public(address)


@given(st.text(max_size=40))
def test_no_text_behind_a_scheme_makes_anything_but_parts_or_a_refusal(text: str) -> None:
    try:
        scheme, host, port, path = parts_of(f"http://{text}")
    except SourceError:
        return
    assert scheme == "http"
    assert host
    assert host.isascii()
    assert 0 < port < 65536
    assert path.isascii()
    assert path.startswith("/")
    assert not set(path) & set(" \r\n\t")
