"""
OAuth2ProviderConfig: a row is a version of the settings of a backend on a site.

ConfigurationModel makes it append-only; the newest row of a (site, backend_name) counts.
"""

import json

from config_models.models import ConfigurationModel
from crum import get_current_request
from django.conf import settings
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.db import models
from organizations.models import Organization
from social_core.backends.oauth import OAuthAuth
from social_core.utils import module_member

# The OAuth classes among the settings' backends, by name; read once, when the process starts.
OAUTH_BACKENDS = {
    backend.name: backend
    for backend in map(module_member, settings.AUTHENTICATION_BACKENDS)
    if issubclass(backend, OAuthAuth)
}


def default_site_id():
    """The site of SITE_ID. Because it is a function, the form has a hidden `initial-site`."""
    return settings.SITE_ID


def current_site_id():
    """The ID of the current request's site: by Host, otherwise SITE_ID."""
    return Site.objects.get_current(get_current_request()).id


class OAuth2ProviderConfig(ConfigurationModel):
    """The settings of the LMS as a client of an OAuth provider."""

    KEY_FIELDS = ("site_id", "backend_name")
    PREFIX = "oa2"

    icon_class = models.CharField(
        max_length=50, blank=True, default="fa-sign-in", help_text="Font Awesome class of the button, e.g. fa-sign-in."
    )
    icon_image = models.FileField(blank=True, help_text="Image for the button instead of an icon class.")
    name = models.CharField(max_length=50, blank=True, help_text="Shown to users.")
    slug = models.SlugField(max_length=30, default="default", help_text="Short name without spaces.")
    secondary = models.BooleanField(default=False, help_text="Shown in the list of institutions instead.")
    organization = models.ForeignKey(Organization, blank=True, null=True, on_delete=models.CASCADE)
    site = models.ForeignKey(
        Site,
        default=default_site_id,
        related_name="%(class)ss",
        on_delete=models.CASCADE,
        help_text="The site that these settings are for.",
    )
    skip_hinted_login_dialog = models.BooleanField(default=False, help_text="Forward hinted URLs without a dialog.")
    skip_registration_form = models.BooleanField(default=False, help_text="Don't ask new users for their details.")
    skip_email_verification = models.BooleanField(default=False, help_text="Activate new accounts at once.")
    send_welcome_email = models.BooleanField(default=False, help_text="Send new users a welcome email.")
    visible = models.BooleanField(default=False, help_text="Offer this provider on the sign-in page.")
    max_session_length = models.PositiveIntegerField(
        "Max session length (seconds)", null=True, blank=True, default=None, help_text="Blank: as usual."
    )
    send_to_registration_first = models.BooleanField(default=False, help_text="Registration before sign-in.")
    sync_learner_profile_data = models.BooleanField(default=False, help_text="Take over profile data at each sign-in.")
    enable_sso_id_verification = models.BooleanField(default=False, help_text="The provider's profile proves identity.")
    disable_for_enterprise_sso = models.BooleanField("Disabled for Enterprise TPA", default=False)
    was_valid_at = models.DateTimeField(blank=True, null=True, help_text="When a user last signed in with it.")
    backend_name = models.CharField(max_length=50, db_index=True, help_text="Backend class to use.")
    key = models.TextField("Client ID", blank=True)
    secret = models.TextField(
        "Client Secret", blank=True, help_text="May be blank when SOCIAL_AUTH_OAUTH_SECRETS has it."
    )
    other_settings = models.TextField(blank=True, help_text="Optional JSON object with advanced settings, if any.")

    class Meta(ConfigurationModel.Meta):
        verbose_name = verbose_name_plural = "Provider Configuration (OAuth)"

    @classmethod
    def current(cls, backend_name):
        """The row in effect for a backend on the current request's site; a new, disabled one if there is none."""
        return super().current(current_site_id(), backend_name)

    @property
    def provider_id(self):
        """The provider's name in URLs, the same on every site: `oa2-<backend_name>`."""
        return f"{self.PREFIX}-{self.backend_name}"

    @property
    def enabled_for_current_site(self):
        """Whether the current request can use it to sign in."""
        return self.enabled and self.site_id == current_site_id()

    @property
    def displayed_for_login(self):
        """Whether the sign-in page shows it."""
        return self.enabled_for_current_site and self.visible

    def clean(self):
        """At most one icon; the other settings are a JSON object, stored indented."""
        super().clean()
        if self.icon_class and self.icon_image:
            raise ValidationError("Either an icon class or an icon image must be given (but not both)")
        self.other_settings = _clean_json_object(self.other_settings)

    def get_setting(self, name):
        """The backend's setting `name`; KeyError if Django's settings have to provide it."""
        if name == "KEY":
            return self.key
        if name == "SECRET":
            return self.secret or settings.SOCIAL_AUTH_OAUTH_SECRETS.get(self.backend_name, "")
        return json.loads(self.other_settings or "{}")[name]


def _clean_json_object(text):
    if not text.strip():
        return "{}"
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ValidationError(f"Invalid JSON: {error}") from error
    if not isinstance(value, dict):
        raise ValidationError(f"Expected a JSON {dict}")
    return json.dumps(value, indent=4)
