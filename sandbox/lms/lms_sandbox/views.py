"""Pages for people, the health check, and the response to an unexpected exception."""

import logging
import sys
from importlib.metadata import version
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model, logout
from django.contrib.auth.decorators import login_required
from django.contrib.sites.models import Site
from django.http import Http404, HttpResponseNotFound, HttpResponseServerError, JsonResponse
from django.shortcuts import redirect, render
from django.utils.html import escape
from django.views.decorators.http import require_GET
from oauth2_provider.models import get_access_token_model, get_application_model
from social_django.models import UserSocialAuth

from lms_sandbox.seed import ACCOUNTS
from third_party_auth.models import OAuth2ProviderConfig
from third_party_auth.pipeline import SIGNED_IN_COOKIE
from third_party_auth.provider import displayed_providers

LIBRARIES = (
    "Django",
    "django-oauth-toolkit",
    "django-config-models",
    "social-auth-app-django",
    "ol-social-auth",
    "openedx-companion-auth",
)
#: The hosts that a sign-out may redirect to.
DEVELOPMENT_HOSTS = (".odl.local", "local.openedx.io")

log = logging.getLogger("lms")


def header(_request):
    """The heading of each page."""
    return {"server": {"kind": "openedx", "name": "Open edX (sandbox)"}}


@require_GET
def home(request):
    """What this server is, what it contains, and where to look."""
    configurations = OAuth2ProviderConfig.objects.current_set().select_related("site").order_by("site__domain")
    context = {
        "libraries": [(name, version(name)) for name in LIBRARIES],
        "accounts": ACCOUNTS,
        "counts": [
            ("OAuth applications", "oauth2_provider/application", get_application_model().objects.count()),
            ("Access tokens", "oauth2_provider/accesstoken", get_access_token_model().objects.count()),
            ("Provider configurations", "third_party_auth/oauth2providerconfig", configurations.count()),
            ("Sites", "sites/site", Site.objects.count()),
            ("Users", "auth/user", get_user_model().objects.count()),
            ("Users linked to a provider", "social_django/usersocialauth", UserSocialAuth.objects.count()),
        ],
        "configurations": configurations,
        "current_site": request.site,
        "backend_is_live": any(path.endswith("OLOAuth2") for path in settings.AUTHENTICATION_BACKENDS),
    }
    return render(request, "lms_sandbox/home.html", context)


@login_required
def dashboard(request):
    """The page that Open edX shows a learner after the sign-in."""
    links = UserSocialAuth.objects.filter(user=request.user)
    return render(request, "lms_sandbox/dashboard.html", {"links": links})


@require_GET
def login_page(request):
    """Stands in for the sign-in micro-frontend, which is a separate server in reality."""
    return render(request, "lms_sandbox/login.html", {"providers": displayed_providers()})


def logout_page(request):
    """End the session on GET, as Open edX does, then redirect to `redirect_url` if that is a development address."""
    logout(request)
    target = request.GET.get("redirect_url", "")
    host = urlsplit(target).hostname or ""
    response = redirect(target if host.endswith(DEVELOPMENT_HOSTS) else "home")
    response.delete_cookie(SIGNED_IN_COOKIE)
    return response


def admin_login(request):
    """Open edX makes its admin's sign-in page unavailable."""
    return redirect("/login?next=/admin")


def no_page(request):
    """A page of Django's that Open edX removes."""
    raise Http404


@require_GET
def heartbeat(request):
    """Health check: 200 if the database responds."""
    Site.objects.exists()
    return JsonResponse({"sql": {"status": True, "message": "OK"}})


def not_found(request, exception):
    """404 with the view's own message if it has one, such as `Backend not found`."""
    words = exception.args[0] if exception.args and isinstance(exception.args[0], str) else request.path
    return HttpResponseNotFound(_error_page("Not found (404)", words))


def server_error(request):
    """500 with the exception's message, which Tutor shows on its debug page or in its log."""
    kind, error, _ = sys.exc_info()
    words = f"{kind.__name__}: {error}" if kind else "unknown error"
    log.error("%s %s: %s", request.method, request.path, words[:300].replace("\n", " "))
    return HttpResponseServerError(_error_page("Server error (500)", words))


def _error_page(title, words):
    return f"<!doctype html><title>{title}</title><h1>{title}</h1><pre>{escape(words)}</pre>"
