"""Open edX's user admin: profile and account recovery inline, username fixed after creation."""

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import ReadOnlyPasswordHashField
from django.contrib.auth.forms import UserChangeForm as DjangoUserChangeForm
from django.contrib.auth.models import User

from student.models import AccountRecovery, LoginFailures, UserProfile


class UserProfileInline(admin.StackedInline):
    """The profile on the user's page."""

    model = UserProfile
    can_delete = False
    verbose_name_plural = "User profile"


class AccountRecoveryInline(admin.StackedInline):
    """The recovery address on the user's page."""

    model = AccountRecovery
    can_delete = False
    verbose_name = verbose_name_plural = "Account recovery"


class UserChangeForm(DjangoUserChangeForm):
    """Shows a password without a link to change it, and allows a shorter last name than the database does."""

    last_name = forms.CharField(max_length=30, required=False)
    password = ReadOnlyPasswordHashField(label="Password")


admin.site.unregister(User)


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Django's user admin with the inlines."""

    inlines = (UserProfileInline, AccountRecoveryInline)
    form = UserChangeForm

    def get_readonly_fields(self, request, obj=None):
        """The username can be chosen, but not changed."""
        fields = super().get_readonly_fields(request, obj)
        return (*fields, "username") if obj else fields


@admin.register(UserProfile)
class UserProfileAdmin(admin.ModelAdmin):
    """Profiles, on their own page."""

    list_display = ("user", "name")
    raw_id_fields = ("user",)
    search_fields = ("user__username", "name")


@admin.register(LoginFailures)
class LoginFailuresAdmin(admin.ModelAdmin):
    """Deleting a row unlocks the account."""

    list_display = ("user", "failure_count", "lockout_until")
    raw_id_fields = ("user",)
    search_fields = ("user__username", "user__email")
