"""The application's settings: from its `.env`, reloaded whenever that changes, or from environment variables."""

import os
import sys
import threading
from pathlib import Path

from django.conf import settings
from dotenv import dotenv_values

REQUIRED = ("OPENEDX_API_CLIENT_ID", "OPENEDX_API_CLIENT_SECRET")

_lock = threading.Lock()
_version = None
_given = {}


def path() -> Path:
    """The path of the settings file."""
    return settings.STATE_DIR / ".env"


def given() -> dict:
    """The current values in the file or the environment."""
    global _version, _given
    if settings.FROM_ENVIRONMENT:
        return dict(os.environ)
    with _lock:
        try:
            stat = path().stat()
            version = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        except FileNotFoundError:
            version = None
        if version != _version:
            _given = dotenv_values(path(), interpolate=False) if version else {}
            _version = version
        return {name: value or "" for name, value in _given.items()}


def values() -> dict:
    """The settings, with the real application's defaults."""
    return {**settings.ENV_DEFAULTS, **given()}


def missing() -> list:
    """The names of missing settings that the real application needs to start."""
    present = given()
    return [name for name in REQUIRED if not present.get(name)]


def require():
    """Exit if a setting is missing, like the real application in its container."""
    if settings.FROM_ENVIRONMENT and missing():
        sys.exit(f"The following settings are missing: {', '.join(missing())}")


def base_url() -> str:
    """The application's URL in a browser, without a trailing slash."""
    return values().get(settings.BASE_URL_VARIABLE, "").rstrip("/")
