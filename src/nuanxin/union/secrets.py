"""Numbers at rest: AES-256-GCM for what must be read again, HMAC-SHA256 for what must be found.

The hash is keyed, since 18 digits with a known area and a birth date could be tried one by one against a plain hash.
The first byte of a cipher names the way it was made, so that SM4 can be added beside it (docs/decisions/0006-numbers-at-rest.md).
"""

import hmac
import os
from collections.abc import Iterable

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_AES_GCM = b"\x01"


def find_key(number: str) -> str:
    """The keyed hash by which a number is found."""
    return hmac.digest(settings.NUANXIN_INDEX_KEY, number.encode(), "sha256").hex()


def find_keys(numbers: Iterable[str | None]) -> list[str | None]:
    key, digest = settings.NUANXIN_INDEX_KEY, hmac.digest
    return [None if number is None else digest(key, number.encode(), "sha256").hex() for number in numbers]


def seal(number: str) -> bytes:
    """Encrypt: version byte, 12 bytes nonce, ciphertext with its tag."""
    return seal_all([number])[0] or b""


def seal_all(numbers: Iterable[str | None]) -> list[bytes | None]:
    box = AESGCM(settings.NUANXIN_CIPHER_KEY)
    numbers = list(numbers)
    nonces = os.urandom(12 * len(numbers))
    return [
        None
        if number is None
        else _AES_GCM + (nonce := nonces[12 * i : 12 * i + 12]) + box.encrypt(nonce, number.encode(), None)
        for i, number in enumerate(numbers)
    ]


def unseal(cipher: bytes) -> str:
    """Decrypt. Raises ValueError for a cipher of an unknown kind, InvalidTag for one that was changed or has another key."""
    cipher = bytes(cipher)
    if cipher[:1] != _AES_GCM:
        raise ValueError("a number is sealed in a way that this version does not know")
    return AESGCM(settings.NUANXIN_CIPHER_KEY).decrypt(cipher[1:13], cipher[13:], None).decode()


def cache_key(key: str, prefix: str, version: int) -> str:
    """The cache's key function: whose address or account is counted does not stand in the table."""
    return find_key(f"{prefix}:{version}:{key}")
