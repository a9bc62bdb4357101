"""The settings that Tutor rendered, but with the sandbox's caches and log."""

import os
from importlib import import_module

import pymysql
from lms_sandbox import settings as sandbox

pymysql.install_as_MySQLdb()

_platform = import_module(os.environ["PLATFORM_SETTINGS_MODULE"])
globals().update({name: value for name, value in vars(_platform).items() if name.isupper()})

# First, so that its commands override Django's.
INSTALLED_APPS = ["tutor_sandbox.apps.TutorSandboxConfig", *_platform.INSTALLED_APPS]
CACHES = sandbox.CACHES
LOGGING = sandbox.LOGGING
