"""Settings. Everything that differs between installations is read from the environment (docs/operate.md lists it)."""

from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from nuanxin.site import home

env = environ.Env()
PACKAGE = Path(__file__).resolve().parent.parent
NUANXIN_HOME = home.folder()

SECRET_KEY = home.keys().secret
NUANXIN_CIPHER_KEY = home.keys().cipher
NUANXIN_INDEX_KEY = home.keys().index
# Demo mode shows the desk without a login, to this machine alone: accounts come with their own issue.
NUANXIN_DEMO = env.bool("NUANXIN_DEMO", default=False)

DEBUG = False
ALLOWED_HOSTS = env.list("NUANXIN_HOSTS", default=["127.0.0.1", "localhost"])
INTERNAL_IPS = ["127.0.0.1", "::1"]
ROOT_URLCONF = "nuanxin.site.urls"
WSGI_APPLICATION = "nuanxin.site.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "tree_queries",
    "nuanxin.records",
    "nuanxin.union",
    "nuanxin.matters",
    "nuanxin.books",
    "nuanxin.care",
    "nuanxin.reports",
    "nuanxin.ui",
    "nuanxin.desk",
    "nuanxin.site",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "nuanxin.ui.guard.ContentPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "nuanxin.ui.guard.ReadOnlyGet",
    "nuanxin.ui.guard.DemoOnly",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
            ],
        },
    },
]

if url := env.str("NUANXIN_DATABASE_URL", default=""):
    DATABASES = {"default": environ.Env.db_url_config(url)}
else:
    # Write-ahead log and immediate transactions: with deferred ones, two writers that both read first fail with
    # "database is locked" whatever the timeout (docs/decisions/0003-sqlite.md).
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": NUANXIN_HOME / "nuanxin.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-65536;"
                "PRAGMA temp_store=MEMORY;",
            },
        }
    }

AUTH_USER_MODEL = "union.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "site" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "static/"
STATIC_ROOT = NUANXIN_HOME / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = True
NUANXIN_FILES = NUANXIN_HOME / "files"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
