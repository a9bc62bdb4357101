"""Sign-in (`login_session`) and `mfe_context`."""

import uuid
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, get_user_model, login
from django.http import JsonResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_protect, ensure_csrf_cookie
from django.views.decorators.http import require_GET
from django_ratelimit.core import is_ratelimited

from student.models import LoginFailures
from third_party_auth.provider import displayed_providers, running_pipeline

FOUR_WEEKS = 4 * 7 * 24 * 3600
INCORRECT = "Email or password is incorrect."


class SignInRefused(Exception):
    """A sign-in that ends with 400; `answer` is the body besides success and email."""

    def __init__(self, value="", error_code=None, context=None):
        super().__init__(value)
        answer = {"value": value, "error_code": error_code, "context": context}
        self.answer = {name: content for name, content in answer.items() if content}


@method_decorator(ensure_csrf_cookie, name="get")
@method_decorator(csrf_protect, name="post")
class LoginSessionView(View):
    """GET describes the form and sets the CSRF cookie, POST signs in."""

    def get(self, request, api_version):
        """The form's description."""
        who = {"v1": "email", "v2": "email_or_username"}[api_version]
        return JsonResponse(
            {
                "method": "post",
                "submit_url": request.path,
                "fields": [
                    {"name": who, "type": "email" if who == "email" else "text", "label": "Email", "required": True},
                    {"name": "password", "type": "password", "label": "Password", "required": True},
                ],
            }
        )

    def post(self, request, api_version):
        """Sign in: 200, or 400 with the reason. Every attempt counts against the rate limits."""
        field = {"v1": "email", "v2": "email_or_username"}[api_version]
        limited = _is_rate_limited(request)
        user = None
        try:
            user = self._find_user(request, field)
            authenticated = self._authenticate(request, user, limited)
        except SignInRefused as refusal:
            email = user.email if user else request.POST.get(field)
            return JsonResponse({"success": False, **refusal.answer, "email": email}, status=400)
        LoginFailures.clear(user)
        login(request, authenticated)
        request.session.set_expiry(FOUR_WEEKS)
        # Open edX includes the profile's name in the sign-in's event, so a user without a profile gets a 500.
        authenticated.profile.name  # noqa: B018
        return JsonResponse({"success": True, "redirect_url": None})

    @staticmethod
    def _find_user(request, field):
        if field not in request.POST or "password" not in request.POST:
            raise SignInRefused("There was an error receiving your login information. Please email us.")
        users, who = get_user_model().objects, request.POST[field]
        user = users.filter(email=who).first()
        if user is None and field == "email_or_username":
            user = users.filter(username=who).first()
        return user

    @staticmethod
    def _authenticate(request, user, limited):
        lockout = settings.ENABLE_MAX_FAILED_LOGIN_ATTEMPTS
        if user and lockout and LoginFailures.is_locked_out(user):
            raise _locked_out()
        if limited:
            raise SignInRefused("Too many failed login attempts. Try again later.")
        username = user.username if user else ""
        authenticated = authenticate(request, username=username, password=request.POST["password"])
        if authenticated and authenticated.is_active:
            return authenticated
        failures = LoginFailures.count_failure(user) if user and lockout else 0
        if authenticated:
            raise SignInRefused(error_code="inactive-user", context={"platformName": settings.PLATFORM_NAME})
        raise _wrong_password(failures)


def _wrong_password(failures):
    allowed = settings.MAX_FAILED_LOGIN_ATTEMPTS_ALLOWED
    if failures >= allowed:
        return _locked_out()
    context = {"failure_count": failures}
    if failures < allowed / 2:
        return SignInRefused(INCORRECT, "incorrect-email-or-password", context)
    remaining = allowed - failures
    return SignInRefused(
        f"{INCORRECT}<li>You have {remaining} more sign-in attempts before your account is temporarily locked.</li>"
        '<li>If you\'ve forgotten your password, click <a http="#login" class="form-toggle"'
        ' data-type="password-reset">here</a> to reset.</li>',
        "failed-login-attempt",
        {"remaining_attempts": remaining, "allowed_failure_attempts": allowed, **context},
    )


def _locked_out():
    minutes = settings.MAX_FAILED_LOGIN_ATTEMPTS_LOCKOUT_PERIOD_SECS // 60
    return SignInRefused(
        f"To protect your account, it’s been temporarily locked. Try again in {minutes} minutes."
        '<li>To be on the safe side, you can reset your password <a http="#login" class="form-toggle"'
        ' data-type="password-reset">here</a> before you try again.',
        "account-locked-out",
        {"locked_out_period": minutes},
    )


def _is_rate_limited(request):
    """Count the attempt for its email address and its IP address; return whether either exceeds its limit."""
    limits = (
        (_email_or_username, settings.LOGISTRATION_PER_EMAIL_RATELIMIT_RATE),
        ("ip", settings.LOGISTRATION_RATELIMIT_RATE),
    )
    over = [is_ratelimited(request, group="login_user", key=key, rate=rate, increment=True) for key, rate in limits]
    return any(over)


def _email_or_username(group, request):
    who = request.POST.get("email") or request.POST.get("email_or_username") or str(uuid.uuid4())
    return who.lower()


@require_GET
def mfe_context(request):
    """
    What the sign-in page needs; `providers` has the enabled ones of the request's site.

    `tpa_hint` adds a hidden one; `force_cache_miss=true` from signed-in staff refreshes the list. A session with a
    pending admin message gets a 500 after the list is refreshed, because such a message has no tag.
    """
    context = third_party_auth_context(request)
    details = context.pop("pipeline_user_details")
    return JsonResponse(
        {
            "contextData": {**context, "countryCode": "", "pipelineUserDetails": details},
            "registrationFields": {},
            "optionalFields": {},
        }
    )


def third_party_auth_context(request):
    """What the sign-in and registration pages need: the providers, and the one that vouches for the user."""
    context = {
        "currentProvider": None,
        "platformName": settings.PLATFORM_NAME,
        "providers": [],
        "secondaryProviders": [],
        "finishAuthUrl": None,
        "errorMessage": None,
        "registerFormSubmitButtonText": "Create Account",
        "autoSubmitRegForm": False,
        "syncLearnerProfileData": False,
        "pipeline_user_details": {},
    }
    destination = request.GET.get("next", "/dashboard")
    for provider in displayed_providers(request.GET.get("tpa_hint")):
        context["secondaryProviders" if provider.secondary else "providers"].append(
            {
                "id": provider.provider_id,
                "name": provider.name,
                "iconClass": provider.icon_class or None,
                "iconImage": provider.icon_image.url if provider.icon_image else None,
                "skipHintedLogin": provider.skip_hinted_login_dialog,
                "skipRegistrationForm": provider.skip_registration_form,
                "loginUrl": _login_url(provider, "login", destination),
                "registerUrl": _login_url(provider, "register", destination),
            }
        )
    if waits := running_pipeline(request):
        provider, details = waits
        context["currentProvider"] = provider.name
        context["finishAuthUrl"] = reverse("social:complete", args=[provider.backend_name])
        context["autoSubmitRegForm"] = provider.skip_registration_form
        context["syncLearnerProfileData"] = provider.sync_learner_profile_data
        context["pipeline_user_details"] = details
    for message in messages.get_messages(request):
        if message.extra_tags.split()[0] == "social-auth":
            context["errorMessage"] = str(message)
    return context


def _login_url(provider, auth_entry, destination):
    query = urlencode({"auth_entry": auth_entry, "next": destination})
    return f"{reverse('social:begin', args=[provider.backend_name])}?{query}"
