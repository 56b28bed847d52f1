"""The map of the site."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from gallery.pieces import private_page
from musicsite.accounts.forms import LogInForm, ResetPasswordForm, StaffLogInForm
from musicsite.accounts.views import ResetConfirm
from musicsite.views import healthz, robots

admin.site.site_header = admin.site.site_title = "Nocturne"
admin.site.login_form = StaffLogInForm

handler500 = "musicsite.views.server_error"
urlpatterns = [
    path("", include("gallery.urls")),
    path("", include("generator.urls")),
    path("accounts/", include("musicsite.accounts.urls")),
    path(
        "accounts/login/",
        auth.LoginView.as_view(authentication_form=LogInForm, redirect_authenticated_user=True),
        name="login",
    ),
    path(
        "accounts/password_reset/",
        auth.PasswordResetView.as_view(form_class=ResetPasswordForm),
        name="password_reset",
    ),
    path("accounts/reset/<uidb64>/<token>/", ResetConfirm.as_view(), name="password_reset_confirm"),
    path(
        "accounts/password_change/",
        private_page(auth.PasswordChangeView.as_view()),
        name="password_change",
    ),
    path(
        "accounts/password_change/done/",
        private_page(auth.PasswordChangeDoneView.as_view()),
        name="password_change_done",
    ),
    path("accounts/", include("django.contrib.auth.urls")),
    path("admin/queues/", include("musicsite.queues")),
    path("admin/", admin.site.urls),
    path("healthz", healthz, name="healthz"),
    path("robots.txt", robots, name="robots"),
]
