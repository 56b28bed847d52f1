import io
import json
import uuid
import zipfile

import pytest
from django.utils import timezone

from gallery.models import Tagging
from generator.models import Composition, Status, Visibility


def said(response):
    return [str(message) for message in response.context["messages"]]


def visibilities():
    return dict(Composition.objects.values_list("title", "visibility"))


@pytest.fixture
def do(as_alice):
    """A maker of requests: what to do with which pieces."""

    def send(action, *chosen, **more):
        ids = [getattr(one, "pk", one) for one in chosen]
        return as_alice.post("/me/bulk/", {"action": action, "piece": ids} | more, follow=True)

    return send


def test_several_are_published(do, ready_piece):
    chosen = [ready_piece(title=title) for title in "ab"]
    ready_piece(title="c")

    page = do("publish", *chosen)

    assert visibilities() == {"a": "public", "b": "public", "c": "private"}
    assert said(page) == ["2 pieces are public now."]


def test_what_is_not_finished_is_not_published(do, piece, ready_piece):
    page = do("publish", ready_piece(title="a"), piece(title="b"))

    assert visibilities() == {"a": "public", "b": "private"}
    assert said(page) == [
        "One piece is public now.",
        "One piece is not finished. Only a finished piece can be shared.",
    ]


def test_several_are_shared_by_their_links(do, client, ready_piece):
    chosen = [ready_piece(title="a"), ready_piece(title="b", visibility=Visibility.PUBLIC)]
    ready_piece(title="c")

    page = do("unlisted", *chosen)

    assert visibilities() == {"a": "unlisted", "b": "unlisted", "c": "private"}
    assert said(page) == ["2 pieces are unlisted now. Whoever has the link to a piece can hear it."]
    assert client.get(f"/compositions/{chosen[0].pk}/").status_code == 200
    assert "/compositions/" not in client.get("/").text


def test_what_is_not_finished_or_hidden_gets_no_link(do, piece, ready_piece):
    hidden = ready_piece(title="a", hidden_at=timezone.now())

    page = do("unlisted", hidden, piece(title="b"))

    assert visibilities() == {"a": "private", "b": "private"}
    assert said(page) == [
        "One piece is not finished. Only a finished piece can be shared.",
        "One piece is hidden by the staff of this site and cannot be shared.",
    ]


def test_several_are_made_private(do, ready_piece):
    chosen = [ready_piece(title=kind, visibility=kind) for kind in ("public", "unlisted")]

    page = do("private", *chosen)

    assert set(visibilities().values()) == {"private"}
    assert said(page) == ["2 pieces are private now."]


def test_several_go_into_the_bin_and_come_back(as_alice, do, piece, ready_piece):
    ready, queued = ready_piece(), piece()

    page = do("bin", ready, queued)

    assert not Composition.objects.kept().exists()
    queued.refresh_from_db()
    assert queued.status == Status.CANCELLED
    (words,) = said(page)
    assert "2 pieces are in the" in words
    assert 'formaction="/me/bin/restore/" name="pieces"' in words

    ids = f"{ready.pk},{queued.pk},nonsense,{uuid.uuid4()}"
    page = as_alice.post("/me/bin/restore/", {"pieces": ids}, follow=True)

    assert Composition.objects.kept().count() == 2
    assert said(page) == ["2 pieces are back."]


def test_a_zip_holds_the_files_under_readable_names(do, piece, ready_piece):
    first, second = ready_piece(title="Moth: I/II"), ready_piece(title="Moth: I/II")

    response = do("download", first, second, piece(title="Unfinished"))

    content = b"".join(response.streaming_content)
    assert response["Content-Type"] == "application/zip"
    assert int(response["Content-Length"]) == len(content)
    name = f'filename="Nocturne {timezone.localdate()}.zip"'
    assert response["Content-Disposition"] == f"attachment; {name}"
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    names = archive.namelist()
    assert len(names) == len(set(names))
    assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}
    for made in (first, second):
        folder = next(name.split("/")[0] for name in names if str(made.pk)[:8] in name)
        assert "Moth I II" in folder
        assert archive.read(f"{folder}/Moth I II.mp3") == made.mp3.read()
        assert archive.read(f"{folder}/Moth I II.mid") == made.midi.read()
        assert json.loads(archive.read(f"{folder}/settings.json"))["seed"] == 7
    assert not any("Unfinished" in name for name in names)


def test_a_lost_file_is_left_out_of_the_zip(do, ready_piece):
    made = ready_piece(title="Moth")
    made.mp3.storage.delete(made.mp3.name)

    content = b"".join(do("download", made).streaming_content)

    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert [name for name in names if name.endswith(".mp3")] == []
    assert [name for name in names if name.endswith(".mid")] != []


def test_the_zip_tells_what_is_said_of_the_pieces(do, ready_piece):
    made = ready_piece(title="Étude", description="For Anna")
    Tagging.objects.replace(made, ["slow", "rain"])

    packed = zipfile.ZipFile(io.BytesIO(b"".join(do("download", made).streaming_content)))

    (folder,) = {name.split("/")[0] for name in packed.namelist() if "/" in name}
    said_of = {"title": "Étude", "description": "For Anna", "tags": ["rain", "slow"]}
    assert json.loads(packed.read("words.json")) == {folder: said_of}


def test_nothing_finished_is_nothing_to_download(do, piece):
    words = "None of them is finished, so there is nothing to download yet."

    assert said(do("download", piece())) == [words]


@pytest.mark.parametrize("action", ["publish", "unlisted", "private", "bin", "download"])
@pytest.mark.parametrize("chosen", [(), ("nonsense",), ("", "\0"), (str(uuid.uuid4()),)])
def test_nothing_chosen_is_said(do, action, chosen):
    words = "No piece is chosen. Tick at least one, then say what to do."

    assert said(do(action, *chosen)) == [words]


@pytest.mark.parametrize("action", ["", "explode"])
def test_an_unknown_wish_changes_nothing(do, ready_piece, action):
    made = ready_piece()
    before = Composition.objects.values().get(pk=made.pk)

    assert said(do(action, made)) == ["Say what to do with them."]
    assert Composition.objects.values().get(pk=made.pk) == before


@pytest.mark.parametrize("action", ["publish", "unlisted", "private", "bin"])
def test_others_pieces_and_those_in_the_bin_are_never_touched(do, bob, ready_piece, action):
    his = ready_piece(title="his", owner=bob, visibility=Visibility.UNLISTED)
    binned = ready_piece(title="binned", deleted_at=timezone.now())
    before = list(Composition.objects.filter(pk__in=[his.pk, binned.pk]).order_by("pk").values())

    do(action, his, binned, ready_piece(title="mine"))

    after = list(Composition.objects.filter(pk__in=[his.pk, binned.pk]).order_by("pk").values())
    assert after == before


def test_others_pieces_are_not_in_the_zip(do, bob, ready_piece):
    his = ready_piece(title="his", owner=bob, visibility=Visibility.PUBLIC)

    content = b"".join(do("download", his, ready_piece(title="mine")).streaming_content)

    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert not any("his" in name for name in names)


def test_it_leads_back_to_the_list(do, ready_piece):
    page = do("private", ready_piece(), next="/me/?state=private&page=1")

    assert page.redirect_chain == [("/me/?state=private&page=1", 302)]


def test_the_boxes_belong_to_the_form(as_alice, ready_piece):
    made = ready_piece(title="Moth")

    page = as_alice.get("/me/?q=moth").text

    assert f'name="piece" value="{made.pk}" form="bulk" aria-label="Choose “Moth”"' in page
    assert 'id="bulk" action="/me/bulk/" method="post"' in page
    assert '<input type="hidden" name="next" value="/me/?q=moth">' in page


def test_it_rejects_get_and_visitors(as_alice, client):
    assert as_alice.get("/me/bulk/").status_code == 405
    assert client.post("/me/bulk/")["Location"].startswith("/accounts/login/")
