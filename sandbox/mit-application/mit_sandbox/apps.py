"""The app, with the label that the real application's admin has in its URLs."""

import os

from django.apps import AppConfig

FLAVOR = os.environ["MIT_SANDBOX_FLAVOR"]


class MitSandboxConfig(AppConfig):
    """`/admin/openedx/…` in MITx Online, `/admin/courseware/…` in xPro."""

    name = "mit_sandbox"
    label = {"mitxonline": "openedx", "xpro": "courseware"}[FLAVOR]
