import pytest

from generator.admin import compositions
from generator.models import Composition, Status

PIECES = "/admin/generator/composition/"


@pytest.fixture(autouse=True)
def enqueued(monkeypatch):
    """The pieces that were put on the queue."""
    pieces = []
    monkeypatch.setattr(compositions, "enqueue", pieces.append)
    return pieces


def act(client, url, action, *rows):
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return client.post(url, data, follow=True)


def words(answer):
    return [str(message) for message in answer.context["messages"]]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?q=nocturne",
        "?q=alice",
        "?status__exact=failed",
        "?style=chopin",
        "?o=3",
        "?bin=in",
        "?bin=out",
        "?bin=nonsense",
    ],
)
def test_staff_see_the_pieces(as_carol, piece, ready_piece, query):
    piece(status=Status.FAILED, error="No soundfont.")
    ready_piece()
    assert as_carol.get(PIECES + query).status_code == 200


def test_pieces_are_found_by_id(as_carol, piece):
    wanted, other = piece(title="Wanted"), piece(title="Other")
    answer = as_carol.get(f"{PIECES}?q={wanted.pk}")
    assert "Wanted" in answer.text
    assert str(other.pk) not in answer.text


def test_the_list_takes_few_queries(as_carol, piece, django_assert_max_num_queries):
    for number in range(20):
        piece(title=f"Piece {number}")
    with django_assert_max_num_queries(12):
        as_carol.get(PIECES)


@pytest.mark.parametrize("status", Status)
def test_staff_see_a_piece(as_carol, piece, status):
    made = piece(status=status)
    assert as_carol.get(f"{PIECES}{made.pk}/change/").status_code == 200


def test_staff_see_a_ready_piece(as_carol, ready_piece):
    made = ready_piece(title="Night & day")
    text = as_carol.get(f"{PIECES}{made.pk}/change/").text
    assert made.mp3.name in text
    assert "Night &amp; day" in text


@pytest.mark.parametrize(
    ("is_of_piece", "words"), [(True, "another piece"), (False, "an uploaded file")]
)
def test_staff_see_that_a_piece_goes_on_but_not_from_which_music(
    as_carol, ready_piece, beginning, is_of_piece, words
):
    music = beginning(title="Secret", source=ready_piece() if is_of_piece else None)
    made = ready_piece(beginning=music, takeover=8.5, energy=1)
    text = as_carol.get(f"{PIECES}{made.pk}/change/").text
    assert words in text
    assert "8.5" in text
    assert "Secret" not in text


def test_the_bin_can_be_listed(as_carol, piece):
    kept, thrown = piece(title="Kept"), piece(title="Thrown")
    thrown.throw_away()
    in_bin = as_carol.get(f"{PIECES}?bin=in").text
    assert "Thrown" in in_bin
    assert str(kept.pk) not in in_bin
    assert str(thrown.pk) not in as_carol.get(f"{PIECES}?bin=out").text


def test_the_list_does_not_read_drafts(as_carol, piece, django_assert_max_num_queries):
    piece(draft=[[0, 500, 60, 70]])
    with django_assert_max_num_queries(12) as queries:
        as_carol.get(PIECES)
    assert not any('"draft"' in query["sql"] for query in queries.captured_queries)


def test_staff_can_rename_a_piece_while_it_is_being_made_but_not_publish_it(as_carol, piece):
    made = piece(visibility="private")
    made.claim(1)
    answer = as_carol.post(
        f"{PIECES}{made.pk}/change/", {"title": "Better", "visibility": "public"}
    )
    assert answer.status_code == 302
    row = Composition.objects.get(pk=made.pk)
    assert (row.title, row.visibility, row.status) == ("Better", "private", Status.COMPOSING)


def test_nobody_adds_a_piece_here(as_carol):
    assert as_carol.get(f"{PIECES}add/").status_code == 403


def test_stopped_pieces_can_be_tried_again(as_carol, piece, enqueued):
    failed, ready = piece(status=Status.FAILED), piece(status=Status.READY)
    assert words(act(as_carol, PIECES, "retry", failed, ready)) == [
        "1 of 2 pieces are queued again."
    ]
    failed.refresh_from_db()
    assert (failed.status, failed.attempt) == (Status.QUEUED, 2)
    assert [made.pk for made in enqueued] == [failed.pk]


def test_trying_again_respects_the_quota(as_carol, piece, settings, enqueued):
    settings.MOST_UNFINISHED = 1
    piece()
    failed = piece(status=Status.FAILED)
    answer = act(as_carol, PIECES, "retry", failed)
    assert words(answer)[0] == "alice has too many unfinished pieces: Nocturne."
    assert not enqueued


def test_running_pieces_can_be_cancelled(as_carol, piece):
    running, ready = piece(status=Status.COMPOSING), piece(status=Status.READY)
    assert words(act(as_carol, PIECES, "cancel", running, ready)) == [
        "1 of 2 pieces are cancelled."
    ]
    running.refresh_from_db()
    assert running.status == Status.CANCELLED


@pytest.mark.parametrize("way", ["one", "many"])
def test_files_go_with_deleted_pieces(
    as_carol, ready_piece, django_capture_on_commit_callbacks, way
):
    made = ready_piece()
    with django_capture_on_commit_callbacks(execute=True):
        if way == "one":
            as_carol.post(f"{PIECES}{made.pk}/delete/", {"post": "yes"})
        else:
            data = {"action": "delete_selected", "_selected_action": str(made.pk), "post": "yes"}
            as_carol.post(PIECES, data)
    assert not Composition.objects.exists()
    assert not made.mp3.storage.exists(made.mp3.name)


def test_others_are_sent_to_the_login(as_alice):
    assert as_alice.get(PIECES).url.startswith("/admin/login/")
