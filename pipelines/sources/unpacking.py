"""Packed bytes, unpacked as they are read: gzip, bzip2, xz, zstd; each to the end of its last stream or not at all."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

GZIP, ZSTD, XZ, BZIP2 = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\x00", b"BZh"
# Suffixes of packed files, the first bytes of each, and what they are called.
PACKED = {".gz": (GZIP, "gzip"), ".zst": (ZSTD, "zstd"), ".bz2": (BZIP2, "bzip2"), ".xz": (XZ, "xz")}
CHUNK_BYTES = 1 << 20


class DamagedError(Exception):
    """A packed stream that does not unpack; the message says what is wrong with it."""


def is_packed(path: Path) -> bool:
    """Tell by its name whether a file is packed."""
    return path.suffix.lower() in PACKED


def packer_of(path: Path) -> str:
    """What a packed file is packed with."""
    return PACKED[path.suffix.lower()][1]


def unpacked(path: Path, raw: BinaryIO) -> BinaryIO:
    """The unpacked bytes of `raw`, by the file's name; reading them raises DamagedError."""
    streams: dict[str, Callable[[], Any]] = {
        "gzip": lambda: _Told(gzip.GzipFile(fileobj=raw)),
        "zstd": lambda: _Told(_zstd(raw)),
        "bzip2": lambda: _Told(_Streams(raw, bz2.BZ2Decompressor)),
        "xz": lambda: _Told(_Streams(raw, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ), padding=b"\0")),
    }
    return cast("BinaryIO", streams[packer_of(path)]())  # each has what is used of a binary stream


def _zstd(raw: BinaryIO) -> Any:
    import pyarrow

    return pyarrow.CompressedInputStream(raw, "zstd")


class _Told:
    """A stream whose failures are told in one way, whatever unpacks it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """The next `size` unpacked bytes; all that are left where it is negative."""
        try:
            return bytes(self._stream.read(None if size < 0 else size))
        except EOFError:
            raise DamagedError("is cut off: its stream ends early") from None
        except (gzip.BadGzipFile, zlib.error, lzma.LZMAError):
            raise DamagedError("is damaged: its stream does not unpack") from None
        except OSError as error:
            if error.errno is not None:  # the disk's own
                raise
            raise DamagedError("is cut off or damaged: its stream does not unpack") from None


class _Streams:
    """Streams one after another, as those write them that pack with all cores.

    Python's own readers end without a word where a stream behind the first does not begin as one: all rows from there
    on would be missing.
    """

    def __init__(self, raw: BinaryIO, begun: Callable[[], Any], padding: bytes = b"") -> None:
        self._raw, self._begun, self._padding = raw, begun, padding
        self._decoder: Any = None
        self._left = b""

    def read(self, size: int | None = None) -> bytes:
        """The next unpacked bytes: `size` of them, fewer at the end alone; all where it is None."""
        pieces: list[bytes] = []
        wanted = size
        while wanted is None or wanted > 0:
            if self._decoder is None and not self._begin():
                break
            piece = self._next(-1 if wanted is None else wanted)
            pieces.append(piece)
            wanted = None if wanted is None else wanted - len(piece)
        return b"".join(pieces)

    def _begin(self) -> bool:
        """Begin the next stream; False where there is none."""
        while not self._left.lstrip(self._padding) if self._padding else not self._left:
            self._left = self._raw.read(CHUNK_BYTES)
            if not self._left:
                return False
        self._left = self._left.lstrip(self._padding) if self._padding else self._left
        self._decoder = self._begun()
        return True

    def _next(self, most: int) -> bytes:
        if self._decoder.needs_input and not self._left:
            self._left = self._raw.read(CHUNK_BYTES)
            if not self._left:
                raise EOFError
        piece: bytes = self._decoder.decompress(self._left, most)
        self._left = b""
        if self._decoder.eof:
            self._left, self._decoder = self._decoder.unused_data, None
        return piece
