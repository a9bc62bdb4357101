"""Which providers the current request's site has."""

from third_party_auth.models import OAUTH_BACKENDS, OAuth2ProviderConfig


def enabled_providers():
    """
    Enabled configurations of the current site, by name.

    Open edX keeps the list of backend names for ten minutes under a cache key that saving a
    configuration does not clear (saving clears the one for the whole key, site and backend).
    """
    names = OAuth2ProviderConfig.key_values("backend_name", flat=True)
    providers = (OAuth2ProviderConfig.current(name) for name in names if name in OAUTH_BACKENDS)
    return sorted((p for p in providers if p.enabled_for_current_site), key=lambda p: p.name)


def displayed_providers(hint=None):
    """The visible ones, and the one whose provider id is `hint` even when it is not visible."""
    return [p for p in enabled_providers() if p.displayed_for_login or p.provider_id == hint]
