"""Addresses of the generator."""

from django.urls import path

from generator import views

app_name = "generator"
urlpatterns = [
    path("compose/", views.compose, name="compose"),
    path("compositions/<uuid:pk>/cancel/", views.cancel, name="cancel"),
    path("compositions/<uuid:pk>/retry/", views.retry, name="retry"),
]
