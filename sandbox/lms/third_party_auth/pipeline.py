"""Open edX's own steps of the sign-in pipeline; the others are social-auth's."""

from django.contrib.auth import get_user_model, logout
from django.http import HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from social_core.pipeline.partial import partial

from third_party_auth.models import OAuth2ProviderConfig

#: The `auth_entry` of a registration through the API, where there is no browser to redirect.
REGISTER_API = "register_api"
SIGNED_IN_COOKIE = "edxloggedin"


def note_entry(strategy, *args, **kwargs):
    """The user's entry: `login`, `register` or `register_api`."""
    return {"auth_entry": strategy.session_get("auth_entry") or "login"}


@partial
def ensure_account(strategy, backend, auth_entry, details, user=None, *args, **kwargs):
    """
    Redirect a user without a linked account: to registration if the provider's configuration vouches for the email
    address, otherwise to the sign-in page. If an account has the same email address or username, always to the
    sign-in page.
    """
    if user:
        return None
    if _account_exists(details):
        return redirect("/login")
    if auth_entry == REGISTER_API:
        return HttpResponseBadRequest()
    provider = OAuth2ProviderConfig.current(backend.name)
    vouches = provider.skip_email_verification or provider.send_to_registration_first
    return redirect("/register" if auth_entry == "register" or vouches else "/login")


def sync_profile(backend, details, user=None, *args, **kwargs):
    """Copy name and email address from the provider, if its configuration says so."""
    if not user or not OAuth2ProviderConfig.current(backend.name).sync_learner_profile_data:
        return
    email = details.get("email")
    if email and email != user.email and not get_user_model().objects.filter(email__iexact=email).exists():
        user.email = email
        user.save()
    if details.get("fullname"):
        user.profile.name = details["fullname"]
        user.profile.save()


@partial
def mark_signed_in(strategy, backend, auth_entry, user=None, *args, **kwargs):
    """Set the cookie of signed-in users with one more redirect; reject an account without a usable password."""
    if auth_entry == REGISTER_API or not user:
        return None
    if not user.has_usable_password():
        logout(strategy.request)
        return JsonResponse("Your account is disabled", status=403, safe=False)
    if strategy.request.COOKIES.get(SIGNED_IN_COOKIE):
        return None
    response = redirect(reverse("social:complete", args=[backend.name]))
    response.set_cookie(SIGNED_IN_COOKIE, "true")
    return response


def _account_exists(details):
    users = get_user_model().objects
    fields = {"email__iexact": details.get("email"), "username__iexact": details.get("username")}
    return any(users.filter(**{field: value}).exists() for field, value in fields.items() if value)
