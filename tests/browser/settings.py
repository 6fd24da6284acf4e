"""The product's settings with the gallery of shared parts beside its pages."""

from nuanxin.site.settings import *  # noqa: F403

ROOT_URLCONF = "tests.browser.gallery"
