"""The settings that Tutor rendered, but with the sandbox's database, caches and log."""

import os
from importlib import import_module

import django
from lms_sandbox import settings as sandbox

_platform = import_module(os.environ["PLATFORM_SETTINGS_MODULE"])
globals().update({name: value for name, value in vars(_platform).items() if name.isupper()})

# The first one: its commands come before Django's.
INSTALLED_APPS = ["tutor_sandbox.apps.TutorSandboxConfig", *_platform.INSTALLED_APPS]
DATABASES = sandbox.DATABASES
CACHES = sandbox.CACHES
LOGGING = sandbox.LOGGING

if django.VERSION < (5, 1):
    # It knows no other options of SQLite.
    DATABASES["default"]["OPTIONS"] = {"timeout": 30}
