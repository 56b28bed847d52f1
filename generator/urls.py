"""Addresses of the generator."""

from django.urls import path

from generator.views import beginnings, compose, metrics, pieces, renditions, takes

app_name = "generator"
urlpatterns = [
    path("compose/", compose.compose, name="compose"),
    path("compose/wait/", compose.wait, name="wait"),
    path("compose/continue/", beginnings.bring, name="bring"),
    path("beginnings/<uuid:pk>/roll.svg", beginnings.roll, name="beginning-roll"),
    path("takes/<uuid:request_key>/", takes.takes, name="takes"),
    path("takes/<uuid:request_key>/cancel/", takes.cancel_left, name="cancel-left"),
    path("compositions/<uuid:pk>/cancel/", pieces.cancel, name="cancel"),
    path("compositions/<uuid:pk>/retry/", pieces.retry, name="retry"),
    path("compositions/<uuid:pk>/again/", pieces.again, name="again"),
    path("compositions/<uuid:pk>/continue/", beginnings.go_on, name="continue"),
    path("compositions/<uuid:pk>/renditions/", renditions.renditions, name="renditions"),
    path("metrics", metrics.metrics, name="metrics"),
]
