"""`courseware.api.create_user(user)`, as in xPro."""

from mit_sandbox.openedx import create_user

__all__ = ["create_user"]
