"""The application that a WSGI server runs: ``gunicorn nuanxin.site.wsgi``."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nuanxin.site.settings")
application = get_wsgi_application()

# What is loaded now lives as long as the process. The garbage collector need not look through it again and again: each time cost
# a page 70 ms (docs/performance.md).
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
