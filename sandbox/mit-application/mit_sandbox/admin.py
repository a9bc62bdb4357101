"""Admin pages: django-oauth-toolkit's own, xPro's with an inline formset, and the handbook's pages to confirm with."""

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from oauth2_provider.admin import ApplicationAdmin
from oauth2_provider.models import get_application_model

from mit_sandbox.models import Access

admin.site.register([model for model in apps.get_containing_app_config(__name__).get_models() if model is not Access])

if settings.FLAVOUR == "xpro":

    class AccessInline(admin.TabularInline):
        """Posts without its management fields are refused."""

        model = Access
        extra = 0

    class XproApplicationAdmin(ApplicationAdmin):
        """The application's form with the inline formset."""

        inlines = [AccessInline]

    admin.site.unregister(get_application_model())
    admin.site.register(get_application_model(), XproApplicationAdmin)
