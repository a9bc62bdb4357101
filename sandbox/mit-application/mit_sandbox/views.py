"""The application's few own answers, and its pages for people."""

from importlib.metadata import version

from django.apps import apps
from django.conf import settings
from django.http import HttpResponseForbidden, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET
from oauth2_provider.models import get_application_model

from mit_sandbox import env
from mit_sandbox.models import Access
from mit_sandbox.seed import ACCOUNTS

LIBRARIES = ("Django", "django-oauth-toolkit")


@require_GET
def home(request):
    """What this server is, what is in it, and where to look."""
    models = [get_application_model(), *apps.get_containing_app_config(__name__).get_models()]
    context = {
        "title": settings.TITLE,
        "libraries": [(name, version(name)) for name in LIBRARIES],
        "accounts": ACCOUNTS if settings.HAS_ACCOUNTS else (),
        "applications": get_application_model().objects.filter(name=env.values()["OPENEDX_OAUTH_APP_NAME"]),
        "admin_pages": [
            (model._meta.verbose_name_plural, f"{model._meta.app_label}/{model._meta.model_name}", model.objects.count())
            for model in models
            if model is not Access
        ],
        "env_file": env.path(),
        "env_names": sorted(env.given()),
    }
    return render(request, "mit_sandbox/home.html", context)


@require_GET
def openid_configuration(request):
    """
    The discovery document. MITx Online's names the endpoints as containers reach them, but for the page that a browser
    is sent to; xPro's has no user-info endpoint.
    """
    given = env.values()
    public = given.get("MITX_ONLINE_BASE_URL") or request.build_absolute_uri("/").rstrip("/")
    internal = given.get("MITXONLINE_DOCKER_BASE_URL") or public
    document = {
        "issuer": f"{public}/oauth2",
        "authorization_endpoint": public + reverse("oauth2_provider:authorize"),
        "token_endpoint": internal + reverse("oauth2_provider:token"),
        "jwks_uri": internal + reverse("oauth2_provider:jwks-info"),
        "scopes_supported": list(settings.OAUTH2_PROVIDER["SCOPES"]),
        "response_types_supported": ["code"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    }
    if settings.FLAVOUR == "mitxonline":
        document["userinfo_endpoint"] = f"{internal}/api/v0/userinfo/"
    return JsonResponse(document)


@require_GET
def me(request):
    """Who asks. Without a valid token the answer is 200 as well."""
    user = request.user
    return JsonResponse(
        {
            "id": user.id,
            "username": user.get_username(),
            "email": getattr(user, "email", None),
            "name": user.get_full_name() if user.is_authenticated else "",
            "is_anonymous": user.is_anonymous,
            "is_authenticated": user.is_authenticated,
        }
    )


@require_GET
def userinfo(request):
    """Who asks, as OpenID Connect's user-info endpoint says it."""
    user = request.user
    if user.is_anonymous:
        return JsonResponse({"detail": "Authentication credentials were not provided."}, status=401)
    return JsonResponse(
        {
            "sub": str(user.id),
            "username": user.get_username(),
            "preferred_username": user.get_username(),
            "email": user.email,
            "name": user.get_full_name() or user.get_username(),
        }
    )


def csrf_failure(request, reason=""):
    """A refused post, with the reason that Django itself shows only while DEBUG is on."""
    return HttpResponseForbidden(format_html("<h1>CSRF verification failed. Request aborted.</h1>\n<p>{}</p>", reason))


def complete(request):
    """Where Open edX sends a browser back to; names what arrived, not its values."""
    return render(request, "mit_sandbox/complete.html", {"names": sorted(request.GET)})


def keycloak(request):
    """Behind APISIX the sign-in is Keycloak's, which the sandbox does not have."""
    return render(request, "mit_sandbox/keycloak.html", {"title": settings.TITLE})
