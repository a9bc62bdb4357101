"""Registration: its API, which the MIT applications also call, and its page."""

import json
import secrets

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug
from django.db import transaction
from django.http import JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt, ensure_csrf_cookie
from django.views.decorators.http import require_GET
from requests import HTTPError
from social_core.exceptions import AuthAlreadyAssociated, AuthException
from social_django.utils import load_backend, load_strategy

from student.models import UserProfile
from third_party_auth.pipeline import REGISTER_API
from third_party_auth.provider import running_pipeline
from user_authn.views import third_party_auth_context

PASSWORD_BACKEND = "django.contrib.auth.backends.AllowAllUsersModelBackend"


class Refused(Exception):
    """A registration that ends with 400 or 409; `errors` has a message per field."""

    def __init__(self, errors, error_code, status=400):
        super().__init__(error_code)
        self.answer = {field: [{"user_message": message}] for field, message in errors.items()}
        self.answer["error_code"] = error_code
        self.status = status


@method_decorator(csrf_exempt, name="dispatch")
class RegistrationView(View):
    """GET describes the form, POST creates an account and signs in."""

    @method_decorator(ensure_csrf_cookie)
    def get(self, request):
        """The form's description."""
        return JsonResponse(form_description(request))

    def post(self, request):
        """
        Create the account. With `provider` and `access_token`, link it to the provider's user with that token; MIT
        applications register their users this way. During a sign-in through a provider, the pipeline links it
        afterwards.
        """
        try:
            user = self._register(request)
        except Refused as refused:
            return JsonResponse(refused.answer, status=refused.status)
        login(request, user, backend=PASSWORD_BACKEND)
        request.session.set_expiry(0)
        destination = request.build_absolute_uri(request.GET.get("next", "/dashboard"))
        return JsonResponse({"success": True, "redirect_url": destination})

    @staticmethod
    def _register(request):
        fields = request.POST
        with_token, waits = "provider" in fields, running_pipeline(request)
        if "social_auth_provider" in fields and not waits:
            provider = fields["social_auth_provider"]
            raise Refused(
                {"session_expired": f"Registration using {provider} has timed out."}, "tpa-session-expired"
            )
        password = secrets.token_urlsafe(20) if with_token or waits else fields.get("password", "")
        _check_unused(fields)
        _check_values(fields, password)
        with transaction.atomic():
            user = get_user_model().objects.create_user(fields["username"], fields["email"], password)
            UserProfile.objects.create(user=user, name=fields["name"], country=fields.get("country"))
            if with_token:
                _link(request, user)
        return user


def _check_unused(fields):
    users, errors, error_code = get_user_model().objects, {}, "duplicate"
    for field, what in (("email", "email"), ("username", "username")):
        value = fields.get(field)
        if value and users.filter(**{f"{field}__iexact": value}).exists():
            errors[field] = f"It looks like this {what} is already registered"
            error_code += f"-{field}"
    if errors:
        raise Refused(errors, error_code, 409)


def _check_values(fields, password):
    errors = {}
    checks = {
        "username": (validate_slug, "Usernames can only contain letters (A-Z, a-z), numerals (0-9), underscores (_), and hyphens (-)."),
        "email": (validate_email, "A properly formatted e-mail is required."),
    }
    for field, (check, message) in checks.items():
        try:
            check(fields.get(field, ""))
        except ValidationError:
            errors[field] = message
    if not 2 <= len(fields.get("username", "")) <= 30:
        errors["username"] = "Username must be between 2 and 30 characters long."
    if not fields.get("name"):
        errors["name"] = "Enter your full name"
    if fields.get("honor_code", "").lower() not in ("true", "on", "1"):
        errors["honor_code"] = f"You must agree to the {settings.PLATFORM_NAME} Honor Code."
    if len(password) < 2:
        errors["password"] = "This password is too short. It must contain at least 2 characters."
    if errors:
        raise Refused(errors, "validation-error")


def _link(request, user):
    """Link the new account to the user of the provider's token, whom the provider's user info names."""
    name, token = request.POST["provider"], request.POST.get("access_token")
    request.social_strategy = load_strategy(request)
    request.backend = load_backend(request.social_strategy, name, reverse("social:complete", args=[name]))
    if not token:
        message = f"An access_token is required when passing value ({name}) for provider."
        raise Refused({"access_token": message}, "tpa-missing-access-token")
    request.session["auth_entry"] = REGISTER_API
    try:
        linked = request.backend.do_auth(token, user=user)
    except AuthAlreadyAssociated:
        message = "The provided access_token is already associated with another user."
        raise Refused({"access_token": message}, "tpa-token-already-associated") from None
    except (HTTPError, AuthException):
        linked = None
    if linked != user:
        raise Refused({"access_token": "The provided access_token is not valid."}, "tpa-invalid-access-token")


def form_description(request):
    """The registration form's fields, filled with the provider's data about the user."""
    waits = running_pipeline(request)
    details = waits[1] if waits else {}
    fields = [
        {"name": "email", "type": "email", "label": "Email", "defaultValue": details.get("email", "")},
        {"name": "name", "type": "text", "label": "Full Name", "defaultValue": details.get("name", "")},
        {"name": "username", "type": "text", "label": "Public Username", "defaultValue": details.get("username", "")},
    ]
    if waits:
        provider = {"name": "social_auth_provider", "type": "hidden", "label": "", "defaultValue": waits[0].name}
        fields.append(provider)
    else:
        fields.append({"name": "password", "type": "password", "label": "Password", "defaultValue": ""})
    fields.append({"name": "honor_code", "type": "plaintext", "label": "", "defaultValue": True})
    return {
        "method": "post",
        "submit_url": reverse("user_api_registration_v2"),
        "fields": [{"required": True, **field} for field in fields],
    }


@require_GET
@ensure_csrf_cookie
def register_page(request):
    """The registration form. It submits itself if the provider's configuration vouches for the user."""
    description = form_description(request)
    options = {
        "initial_mode": "register",
        "login_redirect_url": request.GET.get("next", "/dashboard"),
        "platform_name": settings.PLATFORM_NAME,
        "third_party_auth": third_party_auth_context(request),
        "registration_form_desc": description,
    }
    context = {"options": _script_safe(options), "description": description}
    return render(request, "user_authn/register.html", context)


def _script_safe(value):
    """JSON for use inside a script element."""
    return json.dumps(value).translate({ord(character): f"\\u{ord(character):04x}" for character in "<>&"})
