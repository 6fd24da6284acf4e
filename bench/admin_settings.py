"""The program's settings with Django's own admin beside it: the peer of ``bench/pages.py``."""

from nuanxin.site.settings import *  # noqa: F403
from nuanxin.site.settings import INSTALLED_APPS, TEMPLATES

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.admin"]
ROOT_URLCONF = "bench.admin_urls"
TEMPLATES[0]["OPTIONS"]["context_processors"].append("django.contrib.auth.context_processors.auth")
