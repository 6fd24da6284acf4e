"""Make dark.css and desk-dark.css in src/nuanxin/ui/static/nuanxin: the dark rules of the design, for phones and computers whose own setting is dark.

    python scripts/make_dark.py

The tokens know ``[data-theme="dark"]`` and Tabler ``[data-bs-theme=dark]``, which a script would have to set; the same rules without that condition,
loaded under ``media="(prefers-color-scheme: dark)"``, need none. A test compares.
"""

import re
from collections.abc import Callable
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "src" / "nuanxin" / "ui" / "static" / "nuanxin"
VENDOR = STATIC / "vendor"
HEAD = "/* {name} — made by scripts/make_dark.py from the dark rules of {of}. Do not edit. */\n"
DARK = re.compile(r"""^\[data-(?:bs-)?theme="?dark"?\](?=[\s,]|$)\s*""")
DESK, WORKER = re.compile(r"face-desk|\.d-"), re.compile(r"face-worker|\.w-")
# What the desk uses of Tabler: its variables and the pictures in form fields.
TABLER = re.compile(r"^(?::root|\.form-)")


def dark(source: str, wanted: Callable[[str], bool]) -> list[str]:
    """The dark rules of a stylesheet, said of every page, for the selectors that are wanted."""
    rules = []
    plain = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", plain):
        dark_ones = (one.strip() for one in selectors.split(","))
        kept = [DARK.sub("", one) or ":root" for one in dark_ones if DARK.match(one)]
        if kept := [one for one in kept if wanted(one)]:
            rules.append(f"{', '.join(kept)} {{ {' '.join(body.split())} }}")
    return rules


def make() -> dict[str, str]:
    """Each file's name with its text."""
    tokens, components = ((VENDOR / name).read_text(encoding="utf-8") for name in ("tokens.css", "components.css"))
    tabler = (VENDOR / "tabler" / "tabler.min.css").read_text(encoding="utf-8")
    phone = [rule for source in (tokens, components) for rule in dark(source, lambda one: not DESK.search(one))]
    desk = dark(tabler, lambda one: bool(TABLER.match(one)))
    desk += [rule for source in (tokens, components) for rule in dark(source, lambda one: not WORKER.search(one))]
    return {
        "dark.css": HEAD.format(name="dark.css", of="tokens.css and components.css") + "\n".join(phone) + "\n",
        "desk-dark.css": HEAD.format(name="desk-dark.css", of="tabler.min.css, tokens.css and components.css")
        + "\n".join(desk)
        + "\n",
    }


if __name__ == "__main__":
    for name, text in make().items():
        (STATIC / name).write_text(text, encoding="utf-8")
