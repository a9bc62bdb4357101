"""The same with what Tutor wrote to its YAML file."""

import os
from pathlib import Path

import yaml
from edx_django_utils.plugins import add_plugins

from lms.envs.common import *  # noqa: F403
from lms.envs.common import AUTHENTICATION_BACKENDS, FEATURES

ENV_TOKENS = yaml.safe_load(Path(os.environ["LMS_CFG"]).read_text())
_features = {**FEATURES, **(ENV_TOKENS.get("FEATURES") or {})}
globals().update(ENV_TOKENS)
FEATURES = _features

# The platform reads this setting only from YAML.
AUTHENTICATION_BACKENDS = [
    *ENV_TOKENS.get("THIRD_PARTY_AUTH_BACKENDS", ["social_core.backends.google.GoogleOAuth2"]),
    *AUTHENTICATION_BACKENDS,
]
SOCIAL_AUTH_OAUTH_SECRETS = ENV_TOKENS.get("SOCIAL_AUTH_OAUTH_SECRETS", {})

add_plugins(__name__, "lms.djangoapp", "production")
