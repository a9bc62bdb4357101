"""The settings of a development server, on which those that Tutor renders are built."""

from edx_django_utils.plugins import add_plugins

from lms.envs.production import *  # noqa: F403

DEBUG = True
ENABLE_MAX_FAILED_LOGIN_ATTEMPTS = False

add_plugins(__name__, "lms.djangoapp", "devstack")
