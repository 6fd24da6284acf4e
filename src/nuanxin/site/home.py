"""The data folder of an installation: database, keys, kept files.

``NUANXIN_HOME`` names it; it is made when missing. The keys that encrypt and find ID numbers are made once, readable by
the owner alone. Whoever loses ``keys.json`` loses the encrypted numbers: docs/operate.md says how to keep it.
"""

import json
import os
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Keys:
    """secret: Django's signing key; cipher: 32 bytes for AES-256-GCM; index: 32 bytes for the keyed hash."""

    secret: str
    cipher: bytes
    index: bytes


def folder() -> Path:
    """The data folder, made when missing (mode 0700)."""
    path = Path(os.environ.get("NUANXIN_HOME") or "var").expanduser().resolve()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


@cache
def keys_of(home: Path) -> Keys:
    """The keys of the installation in ``home``; made at the first call. Two processes starting together make one set."""
    path = home / "keys.json"
    if not path.exists():
        made = {"secret": secrets.token_urlsafe(48), "cipher": secrets.token_hex(32), "index": secrets.token_hex(32)}
        draft = home / f".keys.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(made, file)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    read = json.loads(path.read_text(encoding="utf-8"))
    return Keys(read["secret"], bytes.fromhex(read["cipher"]), bytes.fromhex(read["index"]))


def keys() -> Keys:
    return keys_of(folder())
