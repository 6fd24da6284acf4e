"""Small whole pictures: the smallest, told apart by their one point, and one as a camera sends it."""

import struct
import zlib


def segment(mark: int, body: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes([0xFF, mark]) + struct.pack(">H", len(body) + 2) + body


def png(*more: tuple[bytes, bytes], grey: int = 0) -> bytes:
    """A PNG of one grey point, with ``more`` chunks in it."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    drawn = chunk(b"IDAT", zlib.compress(bytes([0, grey])))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(*one) for one in more) + drawn + chunk(b"IEND", b"")


def jpeg(grey: int = 0, said: bytes = b"") -> bytes:
    """A JPEG's frame of one point; ``said`` stands in it as a camera's note of the place would."""
    frame = segment(0xC0, b"\x08\x00\x01\x00\x01\x01\x01\x11\x00")
    noted = segment(0xE1, b"Exif\x00\x00" + said) if said else b""
    return b"\xff\xd8" + noted + frame + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + bytes([grey]) + b"\xff\xd9"


def _exif(turn: int) -> bytes:
    tiff = b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", 2)
    tiff += struct.pack("<HHIHH", 0x0112, 3, 1, turn, 0) + struct.pack("<HHII", 0x8825, 4, 1, 99)
    return b"Exif\x00\x00" + tiff + b"GPS 37.9N 106.0E"


def camera(turn: int = 6) -> bytes:
    """A JPEG as a camera sends it: turned, with the place, the maker's notes, and something hung on behind."""
    return (
        b"\xff\xd8" + segment(0xE0, b"JFIF\x00\x01\x01") + segment(0xE1, _exif(turn)) + segment(0xED, b"Photoshop")
        + segment(0xFE, b"comment") + segment(0xDB, b"\x00" * 65) + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\x34\xff\xd9trailing"
    )  # fmt: skip
