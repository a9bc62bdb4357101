"""Provider configurations in the admin, as django-config-models implements them."""

from config_models.admin import KeyedConfigurationModelAdmin
from django import forms
from django.contrib import admin

from third_party_auth.models import OAUTH_BACKENDS, OAuth2ProviderConfig


class OAuth2ProviderConfigForm(forms.ModelForm):
    """Offers the backends that the settings had when the process started."""

    backend_name = forms.ChoiceField(choices=[(name, name) for name in OAUTH_BACKENDS])


@admin.register(OAuth2ProviderConfig)
class OAuth2ProviderConfigAdmin(KeyedConfigurationModelAdmin):
    """The newest row per key, with an Update link."""

    form = OAuth2ProviderConfigForm

    def get_list_display(self, request):
        """Open edX's columns."""
        return (
            "name",
            "enabled",
            "slug",
            "site",
            "backend_name",
            "secondary",
            "skip_registration_form",
            "skip_email_verification",
            "change_date",
            "changed_by",
            "edit_link",
        )
