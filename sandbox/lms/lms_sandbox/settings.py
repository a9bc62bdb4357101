"""
Settings of the sandbox LMS.

Read from the environment (`serve.py` sets the first one):

- `LMS_SANDBOX_STATE`: directory of the database, caches, uploads and secret key (required).
- `SANDBOX_COMPANION=1`: openedx-companion-auth sends anonymous requests to the provider.
- `SANDBOX_OL_SOCIAL_AUTH=0`: leave ol-oauth2 out, as on an LMS where the package is not live.
- `SANDBOX_OAUTH_SECRET`: `SOCIAL_AUTH_OAUTH_SECRETS["ol-oauth2"]`, for blank secrets.
- `SANDBOX_LOCKOUT=0`: no lock-out after failed passwords, as in `tutor dev`.
- `SANDBOX_TIME_ZONE`: Django's `TIME_ZONE`, UTC by default.
- `SANDBOX_RATELIMIT=0`: no limit to the rate of sign-ins.
"""

import os
import sys
from pathlib import Path

from state import database, password_hashers, templates

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = Path(os.environ["LMS_SANDBOX_STATE"])


def _switch(name, default):
    """The on/off environment variable `name`."""
    return os.environ.get(name, default) not in ("", "0", "false")


SECRET_KEY = (STATE_DIR / "secret_key").read_text()
DEBUG = False
ALLOWED_HOSTS = ["*"]

ROOT_URLCONF = "lms_sandbox.urls"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
TIME_ZONE = os.environ.get("SANDBOX_TIME_ZONE", "UTC")
LANGUAGE_CODE = "en"
PLATFORM_NAME = "Open edX sandbox"

# Tutor chooses the public site by the Host header; SITE_ID is only the fallback.
SITE_ID = 2

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sites",
    "django.contrib.staticfiles",
    "django_sites_extensions",
    "config_models",
    "rest_framework",
    "oauth2_provider",
    "social_django",
    "organizations",
    "student",
    "oauth_dispatch",
    "third_party_auth",
    "user_authn",
    "lms_sandbox",
]

MIDDLEWARE = [
    "crum.CurrentRequestUserMiddleware",
    "edx_django_utils.cache.middleware.RequestCacheMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Obeys ?force_cache_miss=true from signed-in staff.
    "edx_django_utils.cache.middleware.TieredCacheMiddleware",
    "django.contrib.sites.middleware.CurrentSiteMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "social_django.middleware.SocialAuthExceptionMiddleware",
]

TEMPLATES = templates("lms_sandbox.views.header")
PASSWORD_HASHERS = password_hashers()
DATABASES = database(STATE_DIR)

CACHES = {
    # On disk, like the real one in Redis: cached values survive a restart.
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": STATE_DIR / "cache",
        "OPTIONS": {"MAX_ENTRIES": 5000},
    },
    "ratelimit": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 5000},
    },
}

STATIC_URL = "/static/"
MEDIA_URL = "/media/"
MEDIA_ROOT = STATE_DIR / "media"

# In the session, where they stay if a page fails.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- Sign-in -----------------------------------------------------------------------------

LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/dashboard"
SESSION_COOKIE_NAME = "lms_sessionid"
SESSION_COOKIE_DOMAIN = "local.openedx.io"

RATELIMIT_USE_CACHE = "ratelimit"
RATELIMIT_ENABLE = _switch("SANDBOX_RATELIMIT", "1")
LOGISTRATION_PER_EMAIL_RATELIMIT_RATE = "30/5m"
LOGISTRATION_RATELIMIT_RATE = "100/5m"
ENABLE_MAX_FAILED_LOGIN_ATTEMPTS = _switch("SANDBOX_LOCKOUT", "1")
MAX_FAILED_LOGIN_ATTEMPTS_ALLOWED = 6
MAX_FAILED_LOGIN_ATTEMPTS_LOCKOUT_PERIOD_SECS = 30 * 60

AUTHENTICATION_BACKENDS = [
    "social_core.backends.google.GoogleOAuth2",
    # Unlike Django's own, it shows a view that an inactive user knew the password.
    "django.contrib.auth.backends.AllowAllUsersModelBackend",
]
if _switch("SANDBOX_OL_SOCIAL_AUTH", "1"):
    AUTHENTICATION_BACKENDS.insert(0, "ol_social_auth.backends.OLOAuth2")

# --- OAuth, as the provider ----------------------------------------------------------------

OAUTH2_PROVIDER = {
    "SCOPES": {
        "read": "Read access",
        "write": "Write access",
        "email": "Know your email address",
        "profile": "Know your name and username",
    },
    "DEFAULT_SCOPES": ["read", "write", "email", "profile"],
    "PKCE_REQUIRED": False,
    "REFRESH_TOKEN_EXPIRE_SECONDS": 20160,
    "REQUEST_APPROVAL_PROMPT": "auto_even_if_expired",
    "ERROR_RESPONSE_WITH_SCOPES": True,
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["openedx_api.authentication.BearerAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}

# --- OAuth, as the client of the MIT application -------------------------------------------

SOCIAL_AUTH_STRATEGY = "third_party_auth.strategy.ConfigurationModelStrategy"
SOCIAL_AUTH_FIELDS_STORED_IN_SESSION = ["auth_entry", "next"]
SOCIAL_AUTH_LOGIN_ERROR_URL = "/login"
SOCIAL_AUTH_LOGIN_REDIRECT_URL = "/dashboard"
SOCIAL_AUTH_INACTIVE_USER_LOGIN = True
SOCIAL_AUTH_PIPELINE = [
    "third_party_auth.pipeline.note_entry",
    "social_core.pipeline.social_auth.social_details",
    "social_core.pipeline.social_auth.social_uid",
    "social_core.pipeline.social_auth.auth_allowed",
    "social_core.pipeline.social_auth.social_user",
    "social_core.pipeline.user.get_username",
    "third_party_auth.pipeline.ensure_account",
    "social_core.pipeline.user.create_user",
    "social_core.pipeline.social_auth.associate_user",
    "social_core.pipeline.social_auth.load_extra_data",
    "social_core.pipeline.user.user_details",
    "third_party_auth.pipeline.sync_profile",
    "third_party_auth.pipeline.mark_signed_in",
]
SOCIAL_AUTH_OAUTH_SECRETS = {"ol-oauth2": os.environ.get("SANDBOX_OAUTH_SECRET", "")}

if _switch("SANDBOX_COMPANION", "0"):
    from openedx_companion_auth.settings.common import plugin_settings

    plugin_settings(sys.modules[__name__])

# --- Log: serve.py writes one line per request, handler500 one per exception ---------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(message)s"}},
    "handlers": {
        "nowhere": {"class": "logging.NullHandler"},
        "stdout": {"class": "logging.StreamHandler", "stream": sys.stdout, "formatter": "line"},
    },
    "loggers": {
        "django": {"handlers": ["nowhere"], "propagate": False},
        "lms": {"handlers": ["stdout"], "level": "INFO", "propagate": False},
    },
}
