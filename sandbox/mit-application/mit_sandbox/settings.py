"""
Settings of the sandbox MIT application.

`serve.py` and `manage.py` set the environment variables: `MIT_SANDBOX_STATE`, `MIT_SANDBOX_FLAVOR`,
`MIT_SANDBOX_PORT`, `MIT_SANDBOX_APISIX_PORT`, `MIT_SANDBOX_FROM_ENVIRONMENT`, `MIT_SANDBOX_NO_ACCOUNTS`.
"""

import os
from pathlib import Path

from state import database, password_hashers, templates

STATE_DIR = Path(os.environ["MIT_SANDBOX_STATE"])
FLAVOR = os.environ["MIT_SANDBOX_FLAVOR"]
PORT = int(os.environ["MIT_SANDBOX_PORT"])
APISIX_PORT = int(os.environ.get("MIT_SANDBOX_APISIX_PORT", "0"))
#: Whether the application's settings are environment variables instead of in `.env`.
FROM_ENVIRONMENT = bool(os.environ["MIT_SANDBOX_FROM_ENVIRONMENT"])
#: Whether accounts exist from the start.
HAS_ACCOUNTS = not os.environ.get("MIT_SANDBOX_NO_ACCOUNTS")
TITLE = {"mitxonline": "MITx Online", "xpro": "MIT xPro"}[FLAVOR]

#: The real applications' defaults for settings that `.env` doesn't set.
ENV_DEFAULTS = {
    "OPENEDX_OAUTH_APP_NAME": "edx-oauth-app",
    "OPENEDX_OAUTH_PROVIDER": {"mitxonline": "mitxpro-oauth2", "xpro": "ol-oauth2"}[FLAVOR],
    "OPENEDX_API_BASE_URL": "http://edx.odl.local:18000",
    "OPENEDX_SOCIAL_LOGIN_PATH": {
        "mitxonline": "/auth/login/mitxpro-oauth2/?auth_entry=login",
        "xpro": "/auth/login/ol-oauth2/?auth_entry=login",
    }[FLAVOR],
    "LOGOUT_REDIRECT_URL": "/",
    # Empty in reality; here, the value for a browser at the application's own port.
    "CSRF_TRUSTED_ORIGINS": f"http://mitxonline.odl.local:{PORT}" if FLAVOR == "mitxonline" else "",
}

#: The variable of its own URL in `.env`, and the path to which Open edX redirects a browser.
BASE_URL_VARIABLE = {"mitxonline": "MITX_ONLINE_BASE_URL", "xpro": "MITXPRO_BASE_URL"}[FLAVOR]
REDIRECT_PATH = {"mitxonline": "/_/auth/complete", "xpro": "/login/_private/complete"}[FLAVOR]

SECRET_KEY = (STATE_DIR / "secret_key").read_text()
DEBUG = False
ALLOWED_HOSTS = ["*"]

ROOT_URLCONF = "mit_sandbox.urls"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
TIME_ZONE = os.environ.get("SANDBOX_TIME_ZONE", "UTC")
LANGUAGE_CODE = "en"
STATIC_URL = "/static/"
LOGIN_URL = {"mitxonline": "/login/", "xpro": "/signin/"}[FLAVOR]
LOGIN_REDIRECT_URL = "/"
CSRF_FAILURE_VIEW = "mit_sandbox.views.csrf_failure"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "oauth2_provider",
    "mit_sandbox.apps.MitSandboxConfig",
]

MIDDLEWARE = [
    "mit_sandbox.middleware.missing_settings",
    "mit_sandbox.middleware.apisix",
    "mit_sandbox.middleware.nginx",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "mit_sandbox.middleware.debug_toolbar",
    "mit_sandbox.middleware.TrustedOrigins",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "oauth2_provider.middleware.OAuth2TokenMiddleware",
    "mit_sandbox.middleware.legal_address",
    "django.contrib.messages.middleware.MessageMiddleware",
]

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "oauth2_provider.backends.OAuth2Backend",
]

TEMPLATES = templates("mit_sandbox.views.header")
PASSWORD_HASHERS = password_hashers()
DATABASES = database(STATE_DIR)

if FLAVOR == "mitxonline":
    CSRF_COOKIE_NAME = "csrf_mitxonline"
    SESSION_COOKIE_NAME = "mitxonline_sessionid"

OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"
OAUTH2_PROVIDER = {
    "SCOPES": {
        "read": "Read scope",
        "write": "Write scope",
        "user:read": "Can read user and profile data",
        "openid": "OpenID Connect",
    },
    "DEFAULT_SCOPES": ["user:read"],
    "ALLOWED_REDIRECT_URI_SCHEMES": ["http", "https"],
    "OIDC_ENABLED": True,
    "PKCE_REQUIRED": False,
    "ERROR_RESPONSE_WITH_SCOPES": True,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout"}},
    "loggers": {"django": {"handlers": ["stdout"], "level": "ERROR", "propagate": False}},
}
