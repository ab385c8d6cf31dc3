"""Identifiers of the network: e-mail, URL, handle, IP, MAC.

Each is found by its rarest character ("@", "://", ".com/", ":") and then widened to the left by `rstrip`:
prose without that character costs one scan in C.
"""

import re
from collections.abc import Iterator

from pipelines.privacy.checks import is_ip
from pipelines.privacy.rules import ALONE, END, HAN, Rule
from pipelines.privacy.spans import Span

_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# "josé@..." is one address; so is one with Greek or Cyrillic letters, which may only look like Latin ones. Chinese
# characters beside an address are the sentence's.
_LOCAL = _ALPHANUMERIC + "._%+-'&" + "".join(map(chr, (*range(0xC0, 0x250), *range(0x370, 0x530))))
_LETTER = "A-Za-z\u00c0-\u024f\u0370-\u052f"
_DOMAIN = re.compile(
    rf"@(?:(?:[{_LETTER}0-9][{_LETTER}0-9-]{{0,62}}\.){{1,8}}(?:[{_LETTER}]{{2,24}}|xn--[A-Za-z0-9-]{{2,50}})"
    rf"|\[?(?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}}\]?)(?![{_LETTER}0-9])"
)
# Not after a letter, digit or "@", and not before one: "a@b@c" is nobody's handle.
_HANDLE = re.compile(
    rf"@(?<![0-9A-Za-z@._%#+/-].)(?:(?:(?:[A-Za-z_]|[0-9]{{1,4}}[A-Za-z]{{3}})[A-Za-z0-9_]{{2,29}}(?:[.-][A-Za-z0-9_]{{1,29}}){{0,2}}"
    rf"|[{HAN}][{HAN}A-Za-z0-9_-]{{1,19}}))(?![@A-Za-z0-9_{HAN}])"
)
_PATH = r"[A-Za-z0-9\u00c0-\u024f._~:/?#\[\]@!$&'()*+,;=%|^{}\\-]{0,8000}"
_SCHEME = re.compile(rf"[hHfF](?i:ttps?|tp|xxps?)[:：]//[A-Za-z0-9\[]{_PATH}")
_WWW = re.compile(rf"[wW](?<![A-Za-z0-9@].)(?i:ww\.)[A-Za-z0-9-]{{1,63}}\.[A-Za-z0-9]{_PATH}")
# A bare domain needs a path: "ASP.NET" and "imdb.com" name products.
_BARE = re.compile(
    r"\.(?:com|net|org|edu|gov|info|biz|io|co|me|cn|ly|gl|gd|gs|cc|tv|app|dev|ai|uk|de|fr|it|es|nl|se|ch|be|eu|us|ca"
    r"|au|nz|jp|kr|hk|tw|sg|ru|pl|cz|br|mx|top|xyz|site|online|shop|club|vip|wang|link|im|to|page|COM|NET|ORG|CN)"
    rf"(?::[0-9]{{1,5}})?/[A-Za-z0-9@~_%?#.-]{_PATH}"
)
_MAC = Rule(
    "MAC",
    re.compile(
        r"[:-](?<=(?<![0-9A-Za-z:-])[0-9A-Fa-f]{2}[:-])(?:[0-9A-Fa-f]{2}[:-]){4}[0-9A-Fa-f]{2}(?![0-9A-Za-z:-])"
    ),
    0.95,
)
_FOUR_NUMBERS = re.compile(rf"[0-9]{ALONE}[0-9]{{0,2}}(?:\.[0-9]{{1,3}}){{3}}{END}")
_NOT_AN_IP = re.compile(
    r"(?i:version|section|chapter|release|firmware|build|article|ver|v|版本|章节|固件|§)[.:： ]{0,2}$"
)
_COLONS = re.compile(r":[0-9A-Fa-f]{0,4}:")
_LONG_IP = "0123456789ABCDEFabcdef:."
_LONG_IP_REST = re.compile(r"[0-9A-Fa-f:.]{0,45}")


def find(text: str) -> Iterator[Span]:
    """Yield every network identifier of a shadow's text."""
    if "@" in text:
        yield from _emails(text)
        yield from _handles(text)
    if "/" in text or "." in text:
        yield from _urls(text)
        yield from _ips(text)
    if ":" in text or "-" in text:
        yield from _macs(text)
        yield from _long_ips(text)


def _emails(text: str) -> Iterator[Span]:
    for match in _DOMAIN.finditer(text):
        start = _widened(text, match.start(), _LOCAL, 64)
        # What a local part cannot begin with belongs to the sentence.
        local = text[start : match.start()].lstrip(".-'&%+")
        if local:
            yield Span(match.start() - len(local), match.end(), "EMAIL", 1.0)


def _handles(text: str) -> Iterator[Span]:
    for match in _HANDLE.finditer(text):
        yield Span(match.start(), match.end(), "HANDLE", 0.7)


def _urls(text: str) -> Iterator[Span]:
    if "//" in text:
        yield from (_url(text, match.start(), match.end()) for match in _SCHEME.finditer(text))
    yield from (_url(text, match.start(), match.end()) for match in _WWW.finditer(text))
    if "/" in text:
        for match in _BARE.finditer(text):
            start = _widened(text, match.start(), _ALPHANUMERIC + ".-", 253)
            if start < match.start():
                yield _url(text, start, match.end())


def _url(text: str, start: int, end: int) -> Span:
    """Leave the punctuation of the sentence, and a bracket that was opened before the URL, outside."""
    url = text[start:end].rstrip(".,;:!?'*")
    while url and url[-1] in ")]}" and url.count(url[-1]) > url.count("([{"[")]}".index(url[-1])]):
        url = url[:-1].rstrip(".,;:!?'*")
    return Span(start, start + len(url), "URL", 0.9)


def _ips(text: str) -> Iterator[Span]:
    for match in _FOUR_NUMBERS.finditer(text):
        # "1.2.3.4" is a section or a version more often than a machine.
        is_section = len(match[0]) == 7 or _NOT_AN_IP.search(text, max(0, match.start() - 12), match.start())
        if not is_section and is_ip(match[0]):
            yield Span(match.start(), match.end(), "IP", 0.95)


def _macs(text: str) -> Iterator[Span]:
    for span in _MAC.find(text):
        yield Span(span.start - 2, span.end, span.type, span.score)


def _long_ips(text: str) -> Iterator[Span]:
    done = 0
    for match in _COLONS.finditer(text):
        if match.start() < done:
            continue
        start = max(done, _widened(text, match.start(), _LONG_IP, 40))
        end = _end_of_long_ip(text, match.end())
        if _is_long_ip(text, start, end):
            yield Span(start, end, "IP", 0.95)
            done = end


def _end_of_long_ip(text: str, position: int) -> int:
    rest = _LONG_IP_REST.match(text, position)
    return position + len(rest[0].rstrip(".") if rest else "")


def _is_long_ip(text: str, start: int, end: int) -> bool:
    """Tell an IPv6 address from a time ("12:30:45") and from a name in a program ("a::b1")."""
    if any(neighbour in _ALPHANUMERIC for neighbour in text[max(0, start - 1) : start] + text[end : end + 1]):
        return False
    groups = [group for group in text[start:end].split(":") if group]
    return len(groups) > 1 and any(map(str.isdigit, text[start:end])) and is_ip(text[start:end])


def _widened(text: str, position: int, characters: str, limit: int) -> int:
    """Return where the run of `characters` that ends at `position` begins, at most `limit` before it."""
    window = text[max(0, position - limit) : position]
    return position - len(window) + len(window.rstrip(characters))
