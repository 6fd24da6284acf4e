"""Text messages to phones. ``NUANXIN_TEXTS`` names the gateway's class; the embedded one sends nothing out of the house."""

import sys
from datetime import timedelta
from typing import Protocol

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from nuanxin.union import rules, secrets
from nuanxin.union.models import TextMessage

KEPT = timedelta(days=1)


class Gateway(Protocol):
    """Sends a text to a phone of 11 digits. Raises OSError when it could not: the worker is then asked to try again."""

    def send(self, phone: str, text: str) -> None: ...


class Console:
    """The embedded gateway: the text is shown on the console and in the desk's test inbox, for a day."""

    def send(self, phone: str, text: str) -> None:
        now = timezone.now()
        TextMessage.objects.filter(sent_at__lt=now - KEPT).delete()
        mask = rules.mask_phone(phone)
        TextMessage.objects.create(
            phone_hash=secrets.find_key(phone), phone_mask=mask, text_cipher=secrets.seal(text), sent_at=now
        )
        sys.stdout.write(f"[短信 text] {mask} {text}\n")
        sys.stdout.flush()


def gateway() -> Gateway:
    return import_string(settings.NUANXIN_TEXTS)()


def embedded() -> bool:
    """Whether texts stay in the test inbox."""
    return f"{Console.__module__}.{Console.__qualname__}" == settings.NUANXIN_TEXTS
