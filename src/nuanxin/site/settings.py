"""Settings. Everything that differs between installations is read from the environment (docs/operate.md lists it)."""

from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from nuanxin.site import home

env = environ.Env()
PACKAGE = Path(__file__).resolve().parent.parent
NUANXIN_HOME = home.folder()

NUANXIN_CIPHER_KEY = home.keys().cipher
NUANXIN_INDEX_KEY = home.keys().index
# Demo mode: accounts with printed logins, a day of its own that is moved by hand, codes shown where they are asked for.
NUANXIN_DEMO = env.bool("NUANXIN_DEMO", default=False)
# A session that began in a demo, where the logins are printed, is none once the same folder is served for real, and the other way round.
SECRET_KEY = home.keys().secret + ("-demo" if NUANXIN_DEMO else "")

DEBUG = False
ALLOWED_HOSTS = env.list("NUANXIN_HOSTS", default=["127.0.0.1", "localhost"])
INTERNAL_IPS = ["127.0.0.1", "::1"]
ROOT_URLCONF = "nuanxin.site.urls"
WSGI_APPLICATION = "nuanxin.site.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.weixin",
    "tree_queries",
    "nuanxin.records",
    "nuanxin.union",
    "nuanxin.rulebook",
    "nuanxin.matters",
    "nuanxin.books",
    "nuanxin.care",
    "nuanxin.reports",
    "nuanxin.ui",
    "nuanxin.desk",
    "nuanxin.phone",
    "nuanxin.site",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "nuanxin.ui.guard.ContentPolicy",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "nuanxin.ui.guard.ChineseFirst",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "nuanxin.site.sessions.Idle",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "nuanxin.ui.guard.ForgetAtLogout",
    "nuanxin.ui.guard.NoStore",
    "nuanxin.ui.viewer.Viewing",
    "nuanxin.site.gate.LastSeen",
    "nuanxin.site.gate.Gate",
    "nuanxin.ui.guard.ReadOnlyGet",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before allauth's own of the same names.
        "DIRS": [PACKAGE / "site" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "nuanxin.ui.frame.frame",
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
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "nuanxin.site.adapters.Accounts"
ACCOUNT_FORMS = {
    "login": "nuanxin.site.forms.Login",
    "change_password": "nuanxin.site.forms.ChangePassword",
    "reauthenticate": "nuanxin.site.forms.Reauthenticate",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
# Wrong passwords are counted by our own lock (union.rules.LIMITS); this is for codes of second factors, per account and per address.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "30/m/ip,5/300s/key"}
MFA_ADAPTER = "nuanxin.site.adapters.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "nuanxin.site.forms.Factor",
    "reauthenticate": "nuanxin.site.forms.FactorAgain",
    "activate_totp": "nuanxin.site.forms.ActivateTotp",
    "add_webauthn": "nuanxin.site.forms.AddKey",
    "edit_webauthn": "nuanxin.site.forms.EditKey",
}
# WeChat is off until both are set; the official account must be bound to an account of the WeChat open platform (unionid).
NUANXIN_WEIXIN = (env.str("NUANXIN_WEIXIN_ID", default=""), env.str("NUANXIN_WEIXIN_SECRET", default=""))
SOCIALACCOUNT_ADAPTER = "nuanxin.site.adapters.Social"
SOCIALACCOUNT_STORE_TOKENS = False
# A form that is redirected to another site is refused by the content policy; what the answer may do is bound by the state.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_PROVIDERS = {
    "weixin": {
        "provider_class": "nuanxin.site.weixin.Weixin",
        "APPS": [{"client_id": NUANXIN_WEIXIN[0], "secret": NUANXIN_WEIXIN[1]}] if all(NUANXIN_WEIXIN) else [],
    }
}
# Which class sends text messages (nuanxin.union.texts.Gateway).
NUANXIN_TEXTS = env.str("NUANXIN_TEXTS", default="nuanxin.union.texts.Console")
# Counts of tries are shared by all processes, and say nobody's address or account in clear.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "counts",
        "KEY_FUNCTION": "nuanxin.union.secrets.cache_key",
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "nuanxin.site.adapters.NotPrinted"},
]

# The link by which an officer chooses the password is good for three days.
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "site" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# A part of a decision table of forty rules is a form of that many fields.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000

STATIC_URL = "static/"
STATIC_ROOT = NUANXIN_HOME / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = True
NUANXIN_FILES = NUANXIN_HOME / "files"
# Whether long jobs are done beside the pages (`nuanxin serve`); where `nuanxin work` runs by itself they need not be.
NUANXIN_WORK_BESIDE = env.bool("NUANXIN_WORK_BESIDE", default=True)
# Pictures of a map, such as https://tiles.example/{z}/{x}/{y}.png. Without them maps are schematic and ask nobody anything.
NUANXIN_TILES = env.str("NUANXIN_TILES", default="")
NUANXIN_TILES_ATTRIBUTION = env.str("NUANXIN_TILES_ATTRIBUTION", default="")

# Served over https (by a proxy in front, docs/operate.md): cookies travel encrypted alone, and browsers remember it for a year.
HTTPS = env.bool("NUANXIN_HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if HTTPS else []
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
# How many proxies of ours stand in front: whose address is counted is read behind them.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("NUANXIN_PROXIES", default=0)
SESSION_ENGINE = "nuanxin.site.sessions"
# An officer's session: how long it lasts at most, and how long without a page being asked for.
NUANXIN_SESSION_HOURS = env.int("NUANXIN_SESSION_HOURS", default=12)
NUANXIN_IDLE_MINUTES = env.int("NUANXIN_IDLE_MINUTES", default=120)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
