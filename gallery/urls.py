from django.urls import path

from gallery.views import curate, files, lists, piece, share

app_name = "gallery"
urlpatterns = [
    path("", lists.browse, name="browse"),
    path("me/", lists.mine, name="mine"),
    path("compositions/<uuid:pk>/", piece.detail, name="detail"),
    path("compositions/<uuid:pk>.json", piece.state, name="state"),
    path("compositions/<uuid:pk>/audio.mp3", files.audio, name="audio"),
    path("compositions/<uuid:pk>/score.mid", files.midi, name="midi"),
    path("compositions/<uuid:pk>/notes.json", files.notes, name="notes"),
    path("compositions/<uuid:pk>/cover.svg", files.cover, name="cover"),
    path("compositions/<uuid:pk>/publish/", share.publish, name="publish"),
    path("compositions/<uuid:pk>/unpublish/", share.unpublish, name="unpublish"),
    path("compositions/<uuid:pk>/rename/", curate.rename, name="rename"),
    path("compositions/<uuid:pk>/delete/", curate.delete, name="delete"),
]
