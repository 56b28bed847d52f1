"""Addresses of the accounts; those of contrib.auth are in musicsite/urls.py."""

from django.urls import path

from musicsite.accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.profile, name="profile"),
    path("signup/", views.signup, name="signup"),
    path("edit/", views.edit, name="edit"),
    path("email/", views.email, name="email"),
    path("email/again/", views.email_again, name="email_again"),
    path("email/<str:token>/", views.email_confirm, name="email_confirm"),
    path("sessions/", views.sessions, name="sessions"),
    path("sessions/<slug:handle>/end/", views.end_session, name="end_session"),
    path("export/", views.export, name="export"),
    path("delete/", views.delete, name="delete"),
]
