"""Open edX's own admin pages for tokens and grants. Applications keep django-oauth-toolkit's page."""

from django.contrib import admin
from oauth2_provider.models import get_access_token_model, get_grant_model, get_refresh_token_model

AccessToken, Grant, RefreshToken = get_access_token_model(), get_grant_model(), get_refresh_token_model()
for model in (AccessToken, Grant, RefreshToken):
    admin.site.unregister(model)


@admin.register(AccessToken)
class AccessTokenAdmin(admin.ModelAdmin):
    """Access tokens: they can be added, with a given token."""

    date_hierarchy = "expires"
    list_display = ("token", "user", "application", "expires")
    list_filter = ("application",)
    raw_id_fields = ("user",)
    search_fields = ("token", "user__username")


@admin.register(RefreshToken)
class RefreshTokenAdmin(admin.ModelAdmin):
    """Refresh tokens."""

    list_display = ("token", "user", "application", "access_token")
    list_filter = ("application",)
    raw_id_fields = ("user", "access_token")
    search_fields = ("token", "user__username", "access_token__token")


@admin.register(Grant)
class GrantAdmin(admin.ModelAdmin):
    """Authorization codes that have not been redeemed."""

    date_hierarchy = "expires"
    list_display = ("code", "user", "application", "expires")
    list_filter = ("application",)
    raw_id_fields = ("user",)
    search_fields = ("code", "user__username")
