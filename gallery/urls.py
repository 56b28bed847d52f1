from django.urls import path

from gallery import views

app_name = "gallery"
urlpatterns = [
    path("", views.browse, name="browse"),
    path("me/", views.mine, name="mine"),
    path("compositions/<uuid:pk>/", views.detail, name="detail"),
    path("compositions/<uuid:pk>.json", views.state, name="state"),
    path("compositions/<uuid:pk>/audio.mp3", views.audio, name="audio"),
    path("compositions/<uuid:pk>/score.mid", views.midi, name="midi"),
    path("compositions/<uuid:pk>/cover.svg", views.cover, name="cover"),
    path("compositions/<uuid:pk>/publish/", views.publish, name="publish"),
    path("compositions/<uuid:pk>/unpublish/", views.unpublish, name="unpublish"),
    path("compositions/<uuid:pk>/rename/", views.rename, name="rename"),
    path("compositions/<uuid:pk>/delete/", views.delete, name="delete"),
]
