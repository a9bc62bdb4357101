"""The providers of the current request's site."""

from social_core.utils import PARTIAL_TOKEN_SESSION_NAME
from social_django.utils import load_strategy

from third_party_auth.models import OAUTH_BACKENDS, OAuth2ProviderConfig


def enabled_providers():
    """
    The site's enabled configurations, by name. Open edX caches the list of backend names for ten minutes, under a key
    that saving a configuration doesn't clear (saving clears the key of that site and backend).
    """
    names = OAuth2ProviderConfig.key_values("backend_name", flat=True)
    providers = (OAuth2ProviderConfig.current(name) for name in names if name in OAUTH_BACKENDS)
    return sorted((p for p in providers if p.enabled_for_current_site), key=lambda p: p.name)


def displayed_providers(hint=None):
    """The visible ones, and the one whose provider ID is `hint` even if it isn't visible."""
    return [p for p in enabled_providers() if p.displayed_for_login or p.provider_id == hint]


def running_pipeline(request):
    """
    The sign-in through a provider that waits for an account in this session, as `(provider, details)`, or None.

    `details` are what the provider returned about the user: `username`, `email`, `name`.
    """
    token = request.session.get(PARTIAL_TOKEN_SESSION_NAME)
    partial = load_strategy(request).partial_load(token) if token else None
    provider = partial and next((p for p in enabled_providers() if p.backend_name == partial.backend), None)
    if not provider:
        return None
    return provider, {**partial.kwargs["details"], "username": partial.kwargs["username"]}
