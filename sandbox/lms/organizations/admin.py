"""Organizations in the admin."""

from django.contrib import admin

from organizations.models import Organization


@admin.register(Organization)
class OrganizationAdmin(admin.ModelAdmin):
    """List by name."""

    list_display = ("name", "short_name", "active")
    ordering = ("name",)
