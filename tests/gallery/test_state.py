import pytest

from generator.models import Status, Visibility

FIELDS = {
    "id", "title", "status", "progress", "queue_position", "requested_duration", "duration",
    "style", "temperature", "energy", "loudness", "seed", "model", "take", "takeover",
    "visibility", "notes", "error", "mp3_url", "midi_url",
}  # fmt: skip


def test_a_queued_piece(as_alice, piece):
    piece()
    made = piece(title="Lantern", seed=7, temperature=0.9, energy=4, take=2)

    answer = as_alice.get(f"/compositions/{made.pk}.json").json()

    assert answer == {
        "id": str(made.pk), "title": "Lantern", "status": "queued", "progress": 0,
        "queue_position": 2, "requested_duration": 60, "duration": None, "style": "any",
        "temperature": 0.9, "energy": 4, "loudness": 0, "seed": 7, "model": "Concert", "take": 2,
        "takeover": None, "visibility": "private", "notes": None, "error": None, "mp3_url": None,
        "midi_url": None,
    }  # fmt: skip


def test_a_ready_piece(as_alice, ready_piece):
    made = ready_piece()

    answer = as_alice.get(f"/compositions/{made.pk}.json").json()

    assert set(answer) == FIELDS
    assert answer["status"] == "ready"
    assert answer["progress"] == 1
    assert answer["queue_position"] is None
    assert (answer["duration"], answer["notes"], answer["style"]) == (2.0, 3, "chopin")
    for url in (answer["mp3_url"], answer["midi_url"]):
        assert as_alice.get(url).status_code == 200


def test_a_failed_piece_says_why(as_alice, piece):
    made = piece(status=Status.FAILED, error="No soundfont.")

    assert as_alice.get(f"/compositions/{made.pk}.json").json()["error"] == "No soundfont."


def test_everybody_may_read_a_published_one(client, ready_piece):
    made = ready_piece(visibility=Visibility.PUBLIC)

    assert client.get(f"/compositions/{made.pk}.json").status_code == 200


@pytest.mark.parametrize("status", Status.values)
def test_every_status_can_be_told(as_alice, ready_piece, status):
    made = ready_piece(status=status)

    assert as_alice.get(f"/compositions/{made.pk}.json").json()["status"] == status


def test_it_rejects_post(as_alice, piece):
    assert as_alice.post(f"/compositions/{piece().pk}.json").status_code == 405
