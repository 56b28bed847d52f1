"""Addresses of the accounts; those of contrib.auth are in musicsite/urls.py."""

from django.urls import path

from musicsite.accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.profile, name="profile"),
    path("signup/", views.signup, name="signup"),
    path("delete/", views.delete, name="delete"),
]
