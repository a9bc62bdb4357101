"""Adapts the pages of the sandbox LMS to a server of Tutor."""

from importlib.metadata import PackageNotFoundError, version

from django.apps import AppConfig


class TutorSandboxConfig(AppConfig):
    """No accounts from the start, and no package but those that are installed."""

    name = "tutor_sandbox"

    def ready(self):
        """Let the first page tell that."""
        from lms_sandbox import views

        views.ACCOUNTS = ()
        views.LIBRARIES = tuple(filter(_is_installed, views.LIBRARIES))


def _is_installed(package):
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False
