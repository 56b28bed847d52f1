"""A piece that its owner deletes while somebody else does something with it. Never an error."""

import pytest

from gallery.models import Favourite, Play, Tagging
from gallery.views import curate, listeners
from generator.models import Composition, Visibility

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def address(ready_piece, monkeypatch):
    """Of a piece that goes as soon as a view has found it."""
    made = ready_piece(visibility=Visibility.PUBLIC)

    def then_gone(find):
        def look(request, pk):
            found = find(request, pk)
            Composition.objects.filter(pk=pk).delete()
            return found

        return look

    for module, name in ((listeners, "get_ready_or_404"), (curate, "get_own_or_404")):
        monkeypatch.setattr(module, name, then_gone(getattr(module, name)))
    return f"/compositions/{made.pk}"


def test_nobody_has_heard_it(as_bob, address):
    assert as_bob.post(f"{address}/played/").status_code == 204
    assert not Play.objects.exists()


def test_nobody_likes_it(as_bob, address):
    assert as_bob.post(f"{address}/favourite/", {"favourite": "1"}).status_code == 404
    assert not Favourite.objects.exists()


def test_it_has_no_tags(as_alice, address):
    answer = as_alice.post(f"{address}/edit/", {"title": "Moth", "tags": "rain, slow"})
    assert answer.status_code == 302
    assert not Tagging.objects.exists()
