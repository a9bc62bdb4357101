"""python-social-auth settings from provider configurations instead of Django's settings."""

from social_core.backends.oauth import OAuthAuth
from social_django.strategy import DjangoStrategy

from third_party_auth.models import OAuth2ProviderConfig


class ConfigurationModelStrategy(DjangoStrategy):
    """Looks up an OAuth backend's setting in the row in effect for the request's site."""

    def setting(self, name, default=None, backend=None):
        """The setting; an exception, and so a 500, if the backend has no enabled row here."""
        if isinstance(backend, OAuthAuth):
            configuration = OAuth2ProviderConfig.current(backend.name)
            if not configuration.enabled_for_current_site:
                raise Exception("Can't fetch setting of a disabled backend/provider.")
            try:
                return configuration.get_setting(name)
            except KeyError:
                pass
        return super().setting(name, default, backend)
