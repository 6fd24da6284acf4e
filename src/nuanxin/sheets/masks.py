"""Masks: how a personal value is shown in a sentence that leaves the library."""

import re

_LONG_DIGITS = re.compile(r"\d{11,}[\dXx]?")


def mask_id(number: str) -> str:
    """An ID number with its first and last four characters: 6403**********2498. A short piece keeps only its ends."""
    if len(number) <= 8:
        return number[:2] + "*" * max(0, len(number) - 2)
    return number[:4] + "*" * (len(number) - 8) + number[-4:]


def mask_phone(number: str) -> str:
    """138****6021; anything shorter keeps its first three characters."""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 11 else number[:3] + "****"


def mask_name(name: str) -> str:
    """韩＊晓, 田＊, 欧＊＊华."""
    characters = name.replace(" ", "")
    if len(characters) <= 1:
        return "＊"
    if len(characters) == 2:
        return characters[0] + "＊"
    return characters[0] + "＊" * (len(characters) - 2) + characters[-1]


def mask_digits(text: str) -> str:
    """Any text with every run of eleven or more digits masked: a number that slipped into another column stays private."""
    return _LONG_DIGITS.sub(lambda run: mask_id(run[0]), text)
