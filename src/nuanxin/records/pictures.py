"""Photos and papers that people send: told by their content, not their name; a photo kept without what a camera adds (place, owner, device)."""

import re
import struct
from pathlib import Path

from nuanxin.records.models import Attachment
from nuanxin.records.services import Refused, keep_content

LARGEST = 10 * 1024 * 1024
# A picture is told by its header to be larger than any camera takes before anybody unpacks it (about 200 MB in memory).
MOST_PIXELS = 50_000_000
_PDF, _PDF_END = b"%PDF-", b"%%EOF"
_PNG = b"\x89PNG\r\n\x1a\n"
# Chunks of a PNG that draw it; texts, times and EXIF are left out.
_DRAWN = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs"}

# Segments of a JPEG's applications that draw it, by how they begin: the density, the colour profile, how the colours are coded.
_NEEDED = {0xE0: b"JFIF\x00", 0xE2: b"ICC_PROFILE\x00", 0xEE: b"Adobe"}
# Heads of a frame, which tell its size: all of C0 to CF but tables (C4, CC) and the reserved C8.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Within a scan, FF 00 is a byte of the picture and FF D0 to D7 a restart; any other mark ends the scan.
_SCAN_ENDS = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)


def kind_of(content: bytes) -> str:
    """``image/jpeg`` or ``image/png`` by what a file holds; empty for anything else."""
    if content[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    return "image/png" if content[:8] == _PNG else ""


def bare(content: bytes) -> bytes:
    """The picture without what is said about it. Raises Refused for what is no whole JPEG or PNG, or is too large
    in bytes or in pixels."""
    if len(content) > LARGEST:
        raise Refused("照片超过 10 MB，请拍小一点再传 / the photo is larger than 10 MB: take a smaller one")
    kind = kind_of(content)
    if not kind:
        raise Refused("这不是照片，请上传 JPG 或 PNG 图片 / this is no photo: send a JPG or PNG picture")
    try:
        return _bare_jpeg(content) if kind == "image/jpeg" else _bare_png(content)
    except (IndexError, struct.error):
        raise Refused("照片文件不完整，请重新拍一张 / the photo is not whole: take it again") from None


def paper_kind(content: bytes) -> str:
    """``kind_of`` a photo, or ``application/pdf``; empty for anything else."""
    return "application/pdf" if content.startswith(_PDF) else kind_of(content)


def keep_paper(content: bytes, name: str) -> Attachment:
    """Keep a paper: a photo, bare, or a whole PDF as it is. The same file is kept once. Raises Refused for anything else or larger."""
    stem = Path(name).stem[:110] or "paper"
    if not content.startswith(_PDF):
        return keep_picture(content, f"{stem}.{'png' if content[:8] == _PNG else 'jpg'}")
    if len(content) > LARGEST:
        raise Refused("文件超过 10 MB / the file is larger than 10 MB")
    if _PDF_END not in content[-1024:]:
        raise Refused("PDF 文件不完整，请重新保存再传 / the PDF is not whole: save it again and send it")
    return keep_content(content, name=f"{stem}.pdf")


def keep_picture(content: bytes, name: str) -> Attachment:
    """Keep a photo, bare. The same photo is kept once. Raises Refused as ``bare`` does."""
    return keep_content(bare(content), name=Path(name).name[:120] or "photo")


def _measure(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise Refused(
            f"照片有 {width}×{height} 像素，超过 5000 万，请拍小一点再传 / "
            f"the photo has {width}×{height} pixels, more than 50 million: take a smaller one"
        )


def _bare_jpeg(content: bytes) -> bytes:
    """Without the application segments (EXIF, XMP, makers' own), comments and whatever follows the picture; what draws it stays, and
    the turn of the camera as the one EXIF field, without which a photo lies on its side."""
    out, at, turn = [content[:2]], 2, 0
    while True:
        if content[at] != 0xFF:
            raise IndexError
        mark = content[at + 1]
        if mark == 0xFF:
            at += 1
            continue
        if mark == 0xD9:
            break
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        segment = content[at : at + 2 + length]
        if len(segment) < 2 + length:
            raise IndexError
        if mark in _FRAMES:
            height, width = struct.unpack(">HH", segment[5:9])
            _measure(width, height)
        if mark == 0xE1:
            turn = turn or _turn(segment[4:])
        elif mark in _NEEDED:
            out += [segment] if segment[4:].startswith(_NEEDED[mark]) else []
        elif not (0xE0 <= mark <= 0xEF or mark == 0xFE):
            out.append(segment)
        at += 2 + length
        if mark == 0xDA:
            end = _SCAN_ENDS.search(content, at)
            if end is None:
                raise IndexError
            out.append(content[at : end.start()])
            at = end.start()
    if turn > 1:
        tiff = b"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01" + struct.pack(">HHI", turn, 0, 0)
        out.insert(1, b"\xff\xe1" + struct.pack(">H", 8 + len(tiff)) + b"Exif\x00\x00" + tiff)
    return b"".join(out) + b"\xff\xd9"


def _turn(exif: bytes) -> int:
    """The orientation (1 to 8) that an EXIF segment tells; 0 when it tells none."""
    if exif[:6] != b"Exif\x00\x00" or len(exif) < 14:
        return 0
    tiff = exif[6:]
    order = ">" if tiff[:2] == b"MM" else "<"
    try:
        (first,) = struct.unpack(order + "I", tiff[4:8])
        (count,) = struct.unpack(order + "H", tiff[first : first + 2])
        for n in range(min(count, 64)):
            tag, _kind, _n, value = struct.unpack(order + "HHIH", tiff[first + 2 + 12 * n : first + 12 + 12 * n])
            if tag == 0x0112:
                return value if 1 <= value <= 8 else 0
    except struct.error:
        return 0
    return 0


def _bare_png(content: bytes) -> bytes:
    out, at = [_PNG], 8
    while True:
        (length,) = struct.unpack(">I", content[at : at + 4])
        chunk = content[at : at + 12 + length]
        if len(chunk) < 12 + length:
            raise IndexError
        if chunk[4:8] == b"IHDR":
            _measure(*struct.unpack(">II", chunk[8:16]))
        if chunk[4:8] in _DRAWN:
            out.append(chunk)
        if chunk[4:8] == b"IEND":
            return b"".join(out)
        at += 12 + length
