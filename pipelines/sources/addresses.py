"""Where a URL may lead: schemes by name, and every address of its host checked before a byte is sent.

A host is resolved once; whoever connects uses the addresses that were checked, never the name again, so that a name
which points elsewhere a moment later (DNS rebinding) leads nowhere.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from pipelines.errors import ServerError, SourceError

PORTS = {"http": 80, "https": 443}
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Sequence[str]]

HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_.])?", re.IGNORECASE)
# What Python 3.11 to 3.13 do not agree about, from the IANA registries of special addresses.
SPECIAL = tuple(
    map(
        ipaddress.ip_network,
        ("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4",
         "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fec0::/10"),
    )
)  # fmt: skip
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True)
class Target:
    """One request's way: the host by its name for the server, by its checked addresses for the connection."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]


def resolved(host: str, port: int) -> list[str]:
    """The addresses of `host`, as this machine resolves it. Raises OSError where it cannot."""
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def find_target(url: str, private: Sequence[str] = (), resolve: Resolver = resolved) -> Target:
    """Where `url` leads. `private` lists hosts and networks that may be reached although they are not public.

    Raises SourceError where it leads to anywhere else, ServerError where its host is not known.
    """
    scheme, host, port, path = parts_of(url)
    try:
        found = [ipaddress.ip_address(address.partition("%")[0]) for address in resolve(host, port)]
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise ServerError(
            f"ingest: the host {host} is not known.",
            "Expected a name or an address that this machine can resolve.",
            "check the spelling of the URL, and whether this machine is online.",
        )
    # One bad address is enough: whoever answers with two addresses chooses which of them is tried.
    if not all(is_public(address) or _is_configured(host, address, private) for address in found):
        raise SourceError(
            f"ingest: the host {host} has an address that is not public.",
            "Expected a host on the Internet: a URL could otherwise read what only this machine may see.",
            "where that host is yours, name it in FLYWHEEL_FETCH_PRIVATE (hosts and networks, parted by commas).",
        )
    return Target(scheme, host, port, path, tuple(map(str, found)))


def parts_of(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port, and path with query of `url`. Raises SourceError for any form that two readers could part."""
    scheme = url.partition(":")[0].lower()
    if scheme not in PORTS:
        raise _refused("its scheme is not one that is read", "a URL that begins with https:// or http://")
    if any(letter.isspace() or not letter.isprintable() or letter == "\\" for letter in url):
        raise _refused("it holds a blank, a control character or a backslash", "a URL without any of them")
    refuse_user_info(url)
    try:
        found = urlsplit(url)
        host, port = found.hostname or "", found.port or PORTS[scheme]
        literal = "[" in found.netloc and "%" not in host and ipaddress.IPv6Address(host)
    except ValueError:
        raise _refused("its host or its port is none", "for example https://example.org/reviews.csv") from None
    if not literal and not HOST_NAME.fullmatch(host):
        raise _refused("its host is none", "a name of ASCII letters (xn--… for others), or an address")
    path = quote(found.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
        f"?{quote_query(found.query)}" if found.query else ""
    )
    return scheme, host, port, path


def quote_query(query: str) -> str:
    """`query` with what is not ASCII percent-encoded, and nothing encoded twice."""
    return quote(query, safe="/?%:@!$&'()*+,;=~-._")


def refuse_user_info(url: str) -> None:
    """Raise SourceError where `url` holds a password: params.yaml is committed, and read by many."""
    netloc = url.partition("://")[2].partition("/")[0].partition("?")[0].partition("#")[0]
    user = netloc.rpartition("@")[0]
    if ":" in user or (user and url.lower().startswith(("http:", "https:"))):
        raise SourceError(
            "ingest: the URL of the source holds a name or a password.",
            "Expected a URL without: params.yaml is committed, and secrets are not.",
            "give FLYWHEEL_SOURCE_TOKEN (HTTP) or FLYWHEEL_SOURCE_PASSWORD (SQL) in the environment, and change "
            "that password.",
        )


def is_public(address: Address) -> bool:
    """Whether `address` is anybody's on the Internet: one within another, as in ::ffff:127.0.0.1, is what counts."""
    inner = embedded(address)
    if inner is not address:
        return is_public(inner)
    special = any(address in network for network in SPECIAL if network.version == address.version)
    return address.is_global and not (special or address.is_multicast or address.is_reserved or address.is_link_local)


def embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_configured(host: str, address: Address, private: Sequence[str]) -> bool:
    inner = embedded(address)
    for item in private:
        if item.casefold().rstrip(".") == host.casefold().rstrip("."):
            return True
        try:
            network = ipaddress.ip_network(item, strict=False)
        except ValueError:  # a host's name
            continue
        if network.version == inner.version and inner in network:
            return True
    return False


def _refused(why: str, expected: str) -> SourceError:
    return SourceError(
        f"ingest: the URL is not fetched: {why}.",
        f"Expected {expected}.",
        "write the URL out in its plain form, or download the file and name where it lies.",
    )
