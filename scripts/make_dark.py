"""Make src/nuanxin/ui/static/nuanxin/dark.css: the dark rules of the design tokens, for phones whose own setting is dark.

    python scripts/make_dark.py

The tokens know ``[data-theme="dark"]``, which a script would have to set; the same rules without that condition, loaded under
``media="(prefers-color-scheme: dark)"``, need none. A test compares.
"""

import re
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "src" / "nuanxin" / "ui" / "static" / "nuanxin"
HEAD = (
    "/* dark.css — made by scripts/make_dark.py from the dark rules of tokens.css and components.css. Do not edit. */\n"
)


def dark(*sources: str) -> str:
    """The rules for ``[data-theme="dark"]`` in the sources, said of every page; what concerns the desk alone is left out."""
    rules = []
    for source in sources:
        plain = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
        for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", plain):
            kept = [
                re.sub(r'^\[data-theme="dark"\]\s*', "", one.strip()) or ":root"
                for one in selectors.split(",")
                if one.strip().startswith('[data-theme="dark"]') and not re.search(r"face-desk|\.d-", one)
            ]
            if kept:
                rules.append(f"{', '.join(kept)} {{ {' '.join(body.split())} }}")
    return HEAD + "\n".join(rules) + "\n"


def make() -> str:
    vendor = STATIC / "vendor"
    return dark(*((vendor / name).read_text(encoding="utf-8") for name in ("tokens.css", "components.css")))


if __name__ == "__main__":
    (STATIC / "dark.css").write_text(make(), encoding="utf-8")
