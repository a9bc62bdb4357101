"""`openedx.api.create_user(user)`, as in MITx Online."""

from mit_sandbox.openedx import create_user

__all__ = ["create_user"]
