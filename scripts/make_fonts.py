"""Cut the two fonts of printed documents out of Noto Sans CJK.

Needs Debian's ``fonts-noto-cjk`` (or the same upstream collections, version 2.004) and fontTools, takes about two minutes and
gives the same bytes every time. Run it only to renew ``src/nuanxin/ui/fonts``; nobody needs it to run or test the product.

    python scripts/make_fonts.py [FOLDER_OF_THE_TTC_FILES]

Kept: every character of the Simplified Chinese face, 44,810 of them, with 𠮷 and 䶮. Dropped: the faces of the other locales,
vertical writing and alternate shapes, which our forms do not use. ``OFL.txt`` beside the fonts is their licence.
"""

import hashlib
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

SOURCE = Path("/usr/share/fonts/opentype/noto")
TARGET = Path(__file__).resolve().parent.parent / "src" / "nuanxin" / "ui" / "fonts"
SIMPLIFIED_CHINESE = 2  # the face's place in the collection; checked by name below
WEIGHTS = {"Regular": "Noto Sans CJK SC", "Bold": "Noto Sans CJK SC Bold"}


def cut(collection: Path, target: Path, full_name: str) -> None:
    # Without recalcTimestamp=False the date of the run would stand in the file.
    font = TTFont(collection, fontNumber=SIMPLIFIED_CHINESE, recalcTimestamp=False)
    found = font["name"].getDebugName(4)
    if found != full_name:
        raise SystemExit(f"{collection}: face {SIMPLIFIED_CHINESE} is {found!r}, expected {full_name!r}")
    options = subset.Options()
    options.layout_features = ["ccmp", "mark", "mkmk"]
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = ["*"]
    options.drop_tables += ["BASE", "VORG", "vhea", "vmtx", "DSIG"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=list(font.getBestCmap()))
    cutter.subset(font)
    font.save(target)


def main() -> None:
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE
    sums = []
    for weight, full_name in WEIGHTS.items():
        target = TARGET / f"NotoSansCJKsc-{weight}.otf"
        cut(source / f"NotoSansCJK-{weight}.ttc", target, full_name)
        sums.append(f"{hashlib.sha256(target.read_bytes()).hexdigest()}  {target.name}\n")
        print(target.name, target.stat().st_size)
    (TARGET / "SHA256SUMS").write_text("".join(sums))


if __name__ == "__main__":
    main()
