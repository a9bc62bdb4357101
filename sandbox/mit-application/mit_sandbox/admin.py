"""Admin pages: django-oauth-toolkit's own, xPro's with an inline formset, and the handbook's confirmation pages."""

from django.conf import settings
from django.contrib import admin
from oauth2_provider.admin import ApplicationAdmin
from oauth2_provider.models import get_application_model

from mit_sandbox.models import Access, OpenEdxApiAuth, OpenEdxUser


@admin.register(OpenEdxUser)
class OpenEdxUserAdmin(admin.ModelAdmin):
    """Accounts in Open edX."""

    list_display = ("id", "user", *(["edx_username"] if settings.FLAVOR == "mitxonline" else []), "has_been_synced")
    raw_id_fields = ("user",)
    search_fields = ("user__username", "user__email")


@admin.register(OpenEdxApiAuth)
class OpenEdxApiAuthAdmin(admin.ModelAdmin):
    """Tokens for Open edX's API."""

    list_display = ("id", "user")
    raw_id_fields = ("user",)
    search_fields = ("user__username", "user__email")


if settings.FLAVOR == "xpro":

    class AccessInline(admin.TabularInline):
        """Rejects posts without its management fields."""

        model = Access
        extra = 0

    class XproApplicationAdmin(ApplicationAdmin):
        """The application's form with the inline formset."""

        inlines = [AccessInline]

    admin.site.unregister(get_application_model())
    admin.site.register(get_application_model(), XproApplicationAdmin)
