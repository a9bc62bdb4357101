"""The sandbox LMS's URLs: those of Open edX that this project and the MIT applications call."""

from django.conf import settings
from django.contrib import admin
from django.contrib.staticfiles.views import serve as serve_static
from django.urls import include, path, re_path
from django.views.static import serve as serve_file

from lms_sandbox import views
from openedx_api.views import CourseDetailView, CourseListView, MeView
from user_authn.registration import RegistrationView, register_page
from user_authn.views import LoginSessionView, mfe_context

admin.site.site_header = admin.site.site_title = "LMS Administration"

urlpatterns = [
    path("", views.home, name="home"),
    path("dashboard", views.dashboard, name="dashboard"),
    path("heartbeat", views.heartbeat),
    path("register", register_page, name="register"),
    path("login", views.login_page, name="login"),
    path("logout", views.logout_page, name="logout"),
    # Django's own sign-in page is not reachable on an Open edX LMS.
    path("admin/login/", views.admin_login),
    # Neither are its pages that change a password.
    re_path(r"^admin/(?:password_change|auth/user/\d+/password)/$", views.no_page),
    path("admin/", admin.site.urls),
    path("auth/", include("social_django.urls", namespace="social")),
    path("oauth2/", include("oauth_dispatch.urls")),
    re_path(r"^api/user/(?P<api_version>v1|v2)/account/login_session/$", LoginSessionView.as_view()),
    path("user_api/v1/account/registration/", RegistrationView.as_view()),
    path("api/user/v1/account/registration/", RegistrationView.as_view()),
    path("api/user/v2/account/registration/", RegistrationView.as_view(), name="user_api_registration_v2"),
    path("api/user/v1/me", MeView.as_view()),
    path("api/mfe_context", mfe_context, name="mfe_context"),
    path("api/courses/v1/courses/", CourseListView.as_view()),
    re_path(r"^api/courses/v1/courses/(?P<course_id>[^/]+)/?$", CourseDetailView.as_view()),
    re_path(r"^static/(?P<path>.*)$", serve_static, {"insecure": True}),
    re_path(r"^media/(?P<path>.*)$", serve_file, {"document_root": settings.MEDIA_ROOT}),
]

handler404 = "lms_sandbox.views.not_found"
handler500 = "lms_sandbox.views.server_error"
