"""Photos are told by their content and kept without the place where they were taken."""

import struct

import pytest
from tests.pictures import camera, png, segment

from nuanxin.records.pictures import LARGEST, bare, keep_paper, keep_picture, kind_of
from nuanxin.records.services import Refused


def test_a_jpeg_keeps_its_turn_and_loses_its_place():
    kept = bare(camera())
    assert b"GPS" not in kept
    assert b"comment" not in kept
    assert b"Photoshop" not in kept
    assert b"JFIF" in kept
    assert kept.endswith(b"\x12\x34\xff\xd9")
    assert struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) in kept
    assert bare(kept) == kept
    assert b"Exif" not in bare(camera(turn=1))


def test_what_hides_behind_the_picture_or_between_its_scans_is_gone():
    inside = segment(0xFE, b"between scans") + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x56\xff\x00\xff\xd0\x78"
    head = (
        segment(0xE2, b"MPF\x00place")
        + segment(0xE0, b"JFXX\x00thumb")
        + segment(0xEE, b"Adobe\x00d")
        + segment(0xE2, b"ICC_PROFILE\x00p")
    )
    photo = (
        camera(1)
        .replace(b"\x12\x34\xff\xd9", b"\x12\x34" + inside + b"\xff\xd9")
        .replace(b"\xff\xd8", b"\xff\xd8" + head, 1)
    )
    kept = bare(photo + camera(1))
    assert kept.endswith(b"\x56\xff\x00\xff\xd0\x78\xff\xd9")
    assert not [hidden for hidden in (b"between", b"MPF", b"JFXX", b"GPS", b"trailing") if hidden in kept]
    assert b"Adobe" in kept
    assert b"ICC_PROFILE" in kept


@pytest.mark.parametrize("mark", [0xC0, 0xC2])
def test_a_jpeg_of_too_many_pixels_is_refused_by_its_header(mark):
    def sized(height):
        return camera().replace(
            b"\xff\xda", segment(mark, b"\x08" + struct.pack(">HH", height, 10000)) + b"\xff\xda", 1
        )

    assert bare(sized(5000))
    with pytest.raises(Refused, match=r"10000×5001 像素.*10000×5001 pixels"):
        bare(sized(5001))


def test_a_png_of_too_many_pixels_is_refused_by_its_header():
    with pytest.raises(Refused, match="pixels"):
        bare(png().replace(struct.pack(">II", 1, 1), struct.pack(">II", 50_000_001, 1), 1))


def test_a_png_keeps_what_draws_it():
    assert bare(png((b"tEXt", b"Location\x00here"), (b"eXIf", b"GPS"))) == png()


@pytest.mark.parametrize(
    "content", [b"", b"<svg onload=alert(1)>", b"%PDF-1.7", b"GIF89a", b"\xff\xd8\xff", camera()[:40], png()[:-9]]
)
def test_what_is_no_whole_photo_is_refused(content):
    with pytest.raises(Refused):
        bare(content)


def test_a_photo_that_is_too_large_is_refused():
    with pytest.raises(Refused, match="10 MB"):
        bare(camera() + b"\x00" * 10 * 1024 * 1024)


@pytest.mark.django_db
def test_the_same_photo_is_kept_once(settings, tmp_path):
    settings.NUANXIN_FILES = tmp_path
    one, other = keep_picture(camera(), "../../etc/a.jpg"), keep_picture(camera() + b"x", "b.jpg")
    assert one == other
    assert one.name == "a.jpg"
    assert kind_of(one.path.read_bytes()) == "image/jpeg"


def test_a_paper_is_a_photo_or_a_whole_pdf_and_is_named_by_what_it_is(db, settings, tmp_path):
    settings.NUANXIN_FILES = tmp_path
    whole = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
    assert keep_paper(whole, "C:\\x/票据.jpg").name == "票据.pdf"
    assert keep_paper(png(), "照片.pdf").name == "照片.png"
    assert keep_paper(whole, "again.pdf").name == "票据.pdf"
    for bad in (b"%PDF-1.7\n cut off", whole[:-6] + b"x" * 2000, b"<svg onload=alert(1)>", whole + bytes(LARGEST)):
        with pytest.raises(Refused):
            keep_paper(bad, "a.pdf")
