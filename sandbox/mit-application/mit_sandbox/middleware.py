"""What comes before the application: missing settings, APISIX, nginx."""

import uuid
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect, HttpResponseServerError
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render

from mit_sandbox import env, keycloak


def missing_settings(get_response):
    """503 until `.env` has everything that the real application needs to start."""

    def middleware(request):
        missing = env.missing()
        if missing:
            context = {"title": settings.TITLE, "missing": ", ".join(missing), "env_file": env.path()}
            return render(request, "mit_sandbox/missing_settings.html", context, status=503)
        return get_response(request)

    return middleware


def apisix(get_response):
    """The API gateway on its own port: it redirects sign-ins to Keycloak and forwards everything else."""

    def middleware(request):
        request.is_behind_apisix = request.META["SERVER_PORT"] == str(settings.APISIX_PORT)
        if not request.is_behind_apisix:
            return get_response(request)
        if "apisix" not in env.values().get("COMPOSE_PROFILES", "").split(","):
            return HttpResponse("APISIX is not running", status=502, content_type="text/plain")
        if request.path in ("/admin/login", "/admin/login/", "/login", "/login/"):
            return HttpResponseRedirect(f"{keycloak.SIGN_IN}?{urlencode({'client_id': 'apisix', 'state': uuid.uuid4().hex})}")
        return get_response(request)

    return middleware


def nginx(get_response):
    """MITx Online's nginx forwards the host name without its port."""

    def middleware(request):
        if settings.FLAVOR == "mitxonline" and request.META["SERVER_PORT"] == str(settings.PORT):
            request.META["HTTP_HOST"] = request.META.get("HTTP_HOST", "").split(":")[0]
            request.META["SERVER_PORT"] = "80"
        return get_response(request)

    return middleware


def debug_toolbar(get_response):
    """The text of Django's debug toolbar, which MITx Online shows on every page in development."""

    def middleware(request):
        response = get_response(request)
        if settings.FLAVOR == "mitxonline" and b"</body>" in getattr(response, "content", b""):
            response.content = response.content.replace(b"</body>", DEBUG_TOOLBAR + b"</body>")
        return response

    return middleware


DEBUG_TOOLBAR = (
    b'<div id="djDebug" class="djdt-hidden"><ul><li><a href="#">Hide toolbar</a></li>'
    b"<li>SQL <small>3 queries in 80.04ms</small></li></ul></div>"
)


def legal_address(get_response):
    """xPro's error pages need the user's legal address: 500 for a superuser, who never signed up and has none."""

    def middleware(request):
        response = get_response(request)
        is_error_page = response.status_code in (400, 404) and response["Content-Type"].startswith("text/html")
        if settings.FLAVOR == "xpro" and is_error_page and request.user.is_superuser:
            return HttpResponseServerError()
        return response

    return middleware


class TrustedOrigins(CsrfViewMiddleware):
    """
    Django's own, with `CSRF_TRUSTED_ORIGINS` from the application's settings.

    A browser's origin includes the port, which nginx strips from the host, so MITx Online rejects posts to the
    application's own port unless that origin is in the list.
    """

    @property
    def allowed_origins_exact(self):
        """The origins in the form in which Django compares them."""
        return set(env.values().get("CSRF_TRUSTED_ORIGINS", "").split(","))

    def process_response(self, request, response):
        """
        MITx Online sets the cookie for the domain if the browser comes from one of these origins, otherwise for the
        host only.

        So a browser has two cookies of that name, and Django reads the last one.
        """
        response = super().process_response(request, response)
        referrer = urlsplit(request.headers.get("Referer", ""))
        hosts = {urlsplit(origin).netloc for origin in self.allowed_origins_exact} - {""}
        if settings.CSRF_COOKIE_NAME in response.cookies and referrer.netloc in hosts:
            response.cookies[settings.CSRF_COOKIE_NAME]["domain"] = referrer.hostname
        return response
