"""The application's settings: those of its `.env`, read afresh whenever that changes, or its environment variables."""

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
    """Where the settings file is."""
    return settings.STATE_DIR / ".env"


def given() -> dict:
    """What the file, or the environment, says now."""
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
    """The settings, with the defaults of the real application."""
    return {**settings.ENV_DEFAULTS, **given()}


def missing() -> list:
    """The names of the settings without which the real application does not start."""
    present = given()
    return [name for name in REQUIRED if not present.get(name)]


def require():
    """End the process where a setting is missing, as the real application does in its container."""
    if settings.FROM_ENVIRONMENT and missing():
        sys.exit(f"The following settings are missing: {', '.join(missing())}")


def base_url() -> str:
    """The address by which browsers know the application, without a slash at the end."""
    return values().get(settings.BASE_URL_VARIABLE, "").rstrip("/")
