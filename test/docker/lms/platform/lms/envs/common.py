"""The LMS's settings before any configuration: the sandbox's, and what Tutor's settings change beside them."""

from edx_django_utils.plugins import add_plugins, get_plugin_apps
from lms_sandbox.settings import *  # noqa: F403
from lms_sandbox.settings import INSTALLED_APPS

# An LMS offers ol-oauth2 only once its settings say so.
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.AllowAllUsersModelBackend"]

FEATURES = {"SKIP_EMAIL_VALIDATION": False}
REGISTRATION_EXTRA_FIELDS = {}
IDA_LOGOUT_URI_LIST = []
SYSTEM_WIDE_ROLE_CLASSES = ["enterprise.SystemWideEnterpriseUserRoleAssignment"]
JWT_AUTH = {}
LMS_ROOT_URL = "http://localhost:8000"
PROFILE_IMAGE_BACKEND = {"class": "", "options": {}}
VIDEO_IMAGE_SETTINGS = {"STORAGE_KWARGS": {}}
VIDEO_TRANSCRIPTS_SETTINGS = {"STORAGE_KWARGS": {}}
MODULESTORE = {"default": {"OPTIONS": {"stores": [{"OPTIONS": {}}]}}}
STATIC_ROOT = "/openedx/staticfiles"
LOGGING = {"version": 1, "handlers": {}, "loggers": {"tracking": {}}}
DATABASE_ROUTERS = ["openedx.core.lib.django_courseware_routers.StudentModuleHistoryExtendedRouter"]

INSTALLED_APPS += ["lms.djangoapps.coursewarehistoryextended", *get_plugin_apps("lms.djangoapp")]
add_plugins(__name__, "lms.djangoapp", "common")
