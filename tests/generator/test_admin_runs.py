"""Trainings in the admin: asked for, watched, stopped, resumed, deleted."""

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry

from generator.models import DataSet, TaskStatus, TrainedModel, TrainingRun

ADD = "/admin/generator/trainingrun/add/"
LIST = "/admin/generator/trainingrun/"
PROGRESS = {
    "what": "Training",
    "share": 0.4,
    "step": 130,
    "epoch": 2,
    "epochs": 5,
    "batch": 30,
    "batches": 100,
    "notes": 1234567,
    "seconds": 700,
    "seconds_left": 8000,
    "train": {"shift": 3.21, "key": 3, "velocity": 2},
    "train_nats": 8.2,
}


@pytest.fixture
def music(db):
    return DataSet.objects.create(
        name="Walks",
        status=TaskStatus.DONE,
        summary={"pieces": {"train": 8, "validation": 2}, "notes": {"train": 500}},
    )


@pytest.fixture
def run(music):
    """A maker of trainings, waiting unless said otherwise."""

    def make(**fields):
        return TrainingRun.objects.create(**{"name": "Evening walks", "data_set": music} | fields)

    return make


def page_of(run, rest="change/"):
    return f"{LIST}{run.pk}/{rest}"


def wish(music, **fields):
    plain = {"name": "Evening walks", "data_set": music.pk, "base": "", "size": "192"}
    return plain | {"units": "", "minutes": "60", "epochs": "", "seed": "1"} | fields


def point(notes, nats):
    fields = dict.fromkeys(("shift", "key", "velocity"), nats / 3)
    made = {"step": 1, "notes": notes, "minutes": 1, "train": fields, "validation": fields}
    return made | {"train_nats": nats, "validation_nats": nats}


# Asking for one


def test_a_training_is_asked_for(as_dora, dora, music):
    response = as_dora.post(ADD, wish(music, size="96", epochs="3", seed="7"), follow=True)
    run = TrainingRun.objects.get()
    assert (run.name, run.data_set, run.base) == ("Evening walks", music, None)
    assert (run.units, run.minutes, run.epochs, run.seed) == (96, 60, 3, 7)
    assert (run.status, run.created_by) == (TaskStatus.QUEUED, dora)
    assert response.redirect_chain[0][0] == page_of(run)
    assert "It is queued." in response.text
    assert LogEntry.objects.get().action_flag == ADDITION


def test_it_goes_on_the_queue_of_trainings(
    as_dora, music, monkeypatch, django_capture_on_commit_callbacks
):
    from generator import queueing

    pushed = []
    monkeypatch.setattr(queueing, "push", lambda *words, **options: pushed.append((words, options)))
    with django_capture_on_commit_callbacks(execute=True):
        as_dora.post(ADD, wish(music))
    run = TrainingRun.objects.get()
    (words, options) = pushed[0]
    assert words == ("generator.training.train", (run.pk, 1))
    assert options["name"] == "training"


def test_another_number_of_units_can_be_said(as_dora, music):
    as_dora.post(ADD, wish(music, size="", units="8"))
    assert TrainingRun.objects.get().units == 8


def test_a_fine_tuning_keeps_the_size_of_its_model(as_dora, music, trained_model):
    TrainedModel.objects.update(card={"architecture": {"units": 384}})
    as_dora.post(ADD, wish(music, base=trained_model.pk, size="96"))
    run = TrainingRun.objects.get()
    assert (run.base, run.units) == (trained_model, 384)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"size": "", "units": ""}, "Choose a size"),
        ({"size": "", "units": "7"}, "greater than or equal to 8"),
        ({"size": "", "units": "99999999999999999999"}, "less than or equal to 1024"),
        ({"size": "huge"}, "Select a valid choice"),
        ({"minutes": "0"}, "greater than or equal to 1"),
        ({"minutes": "1e9"}, "Enter a whole number"),
        ({"epochs": "0"}, "greater than or equal to 1"),
        ({"seed": "-1"}, "greater than or equal to 0"),
        ({"data_set": ""}, "This field is required"),
        ({"data_set": "9999"}, "Select a valid choice"),
        ({"base": "none"}, "Select a valid choice"),
        ({"name": " "}, "This field is required"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_what_cannot_be_trained_is_told(as_dora, music, fields, words):
    response = as_dora.post(ADD, wish(music, **fields))
    assert response.status_code == 200
    assert words in response.text
    assert not TrainingRun.objects.exists()


def test_only_checked_music_is_offered(as_dora, music):
    DataSet.objects.create(name="Half read", status=TaskStatus.RUNNING)
    page = as_dora.get(ADD).text
    assert "Walks" in page
    assert "Half read" not in page


def test_too_little_music_is_told_at_once(as_dora, music):
    DataSet.objects.update(summary={"pieces": {"train": 3}})
    response = as_dora.post(ADD, wish(music))
    assert "This is too little music" in response.text
    assert not TrainingRun.objects.exists()


def test_without_any_music_the_page_says_where_to_begin(as_dora):
    assert "/admin/generator/dataset/add/" in as_dora.get(ADD).text


def test_other_pages_propose_music_or_a_model(as_dora, music, trained_model):
    page = as_dora.get(f"{ADD}?data_set={music.pk}").text
    assert f'<option value="{music.pk}" selected>Walks' in page
    assert 'value="Walks"' in page
    page = as_dora.get(f"{ADD}?base={trained_model.pk}").text
    assert f'<option value="{trained_model.pk}" selected>' in page


@pytest.mark.parametrize("query", ["data_set=x", "base=-1", "data_set=" + "9" * 40, "seed=x&size="])
def test_a_proposal_that_makes_no_sense_is_left_out(as_dora, query):
    assert as_dora.get(f"{ADD}?{query}").status_code == 200


# Watching it


def test_a_running_training_tells_how_far_it_is(as_dora, run):
    made = run(status=TaskStatus.RUNNING, progress=PROGRESS, history=[point(500, 9), point(900, 8)])
    text = as_dora.get(page_of(made, "state/")).text
    for words in ("2 of 5", "30 of about 100", "1,234,567 notes", "12 min", "about 2 h 13 min"):
        assert words in text
    assert "3.21" in text
    assert "<polyline" in text
    assert "over epochs" in text
    assert 'hx-trigger="every 2s"' in text
    assert "<details" not in text


def test_while_it_runs_only_the_last_lines_of_the_log_are_shown(as_dora, run):
    made = run(status=TaskStatus.RUNNING)
    made.folder.mkdir(parents=True)
    made.log.write_text("\n".join(f"line {number}." for number in range(20)))
    text = as_dora.get(page_of(made, "state/")).text
    assert "line 19." in text
    assert "line 12." in text
    assert "line 11." not in text


def test_before_the_first_step_there_is_nothing_to_tell(as_dora, run):
    made = run(status=TaskStatus.RUNNING, progress={"what": "Loading"})
    text = as_dora.get(page_of(made)).text
    assert "Loading" in text
    assert "The curve begins with the first validation." in text


def test_the_page_shows_the_end_of_the_log_and_offers_all_of_it(as_dora, run):
    made = run(status=TaskStatus.FAILED, error="It failed <b>badly</b>.")
    made.folder.mkdir(parents=True)
    made.log.write_text("first line\n" + "x" * 5000 + "\n<last> line\n")
    page = as_dora.get(page_of(made)).text
    assert "&lt;last&gt; line" in page
    assert "first line" not in page
    assert "It failed &lt;b&gt;badly&lt;/b&gt;." in page
    response = as_dora.get(page_of(made, "log/"))
    assert response["Content-Type"] == "text/plain"
    assert response["Content-Disposition"] == f'attachment; filename="training-{made.pk}.log"'
    assert b"".join(response).startswith(b"first line")


def test_a_log_that_is_not_there_is_a_404(as_dora, run):
    assert as_dora.get(page_of(run(), "log/")).status_code == 404
    assert as_dora.get(f"{LIST}99/log/").status_code == 404


def test_a_training_that_is_done_leads_to_its_model(as_dora, run):
    made = run(status=TaskStatus.DONE, history=[point(500, 9)])
    model = TrainedModel.objects.create(name="Walks", sha256="1", run=made, figures={})
    page = as_dora.get(page_of(made)).text
    assert f'href="/admin/generator/trainedmodel/{model.pk}/change/"' in page
    assert "Resume" not in page
    assert 'name="_save"' not in page


def test_the_list_tells_the_best_so_far(as_dora, run, django_assert_max_num_queries):
    for _ in range(3):
        run(history=[point(500, 9), point(900, 8.123), point(1000, 8.5)])
    with django_assert_max_num_queries(12):
        page = as_dora.get(LIST).text
    assert "8.12" in page


@pytest.mark.parametrize(
    "query", ["?status=x", "?data_set=x", "?data_set__id__exact=" + "9" * 40, "?o=99"]
)
def test_a_list_with_a_query_made_by_hand_is_no_error(as_dora, query):
    assert as_dora.get(LIST + query, follow=True).status_code == 200


# Stopping, resuming, deleting


def test_a_waiting_training_is_stopped_and_resumed(as_dora, run):
    made = run()
    assert "Stopped." in as_dora.post(page_of(made, "stop/"), follow=True).text
    made.refresh_from_db()
    assert made.is_stopped
    assert "It is queued again." in as_dora.post(page_of(made, "resume/"), follow=True).text
    made.refresh_from_db()
    assert (made.is_queued, made.attempt) == (True, 2)
    assert LogEntry.objects.filter(action_flag=CHANGE).count() == 2


def test_nothing_of_it_can_be_changed_by_a_form(as_dora, run):
    made = run(minutes=60)
    as_dora.post(page_of(made), {"minutes": "5", "units": "8", "name": "Other"})
    made.refresh_from_db()
    assert (made.minutes, made.units, made.name) == (60, 192, "Evening walks")


@pytest.mark.parametrize("status", [TaskStatus.QUEUED, TaskStatus.RUNNING])
def test_a_training_that_has_not_ended_is_not_deleted(as_dora, run, status):
    made = run(status=status)
    page = as_dora.post(page_of(made, "delete/"), {"post": "yes"}).text
    assert "has not ended yet: stop it first" in page
    bulk = {"action": "delete_selected", "_selected_action": [made.pk], "post": "yes"}
    assert "has not ended yet: stop it first" in as_dora.post(LIST, bulk).text
    assert TrainingRun.objects.exists()


def test_a_training_is_deleted_with_its_folder_but_its_model_stays(
    as_dora, run, django_capture_on_commit_callbacks
):
    made = run(status=TaskStatus.STOPPED)
    made.folder.mkdir(parents=True)
    made.log.write_text("said")
    TrainedModel.objects.create(name="Walks", sha256="1", run=made)
    assert "Models that were made by it stay" in as_dora.get(page_of(made, "delete/")).text
    with django_capture_on_commit_callbacks(execute=True):
        as_dora.post(page_of(made, "delete/"), {"post": "yes"})
    assert not TrainingRun.objects.exists()
    assert not made.folder.exists()
    assert TrainedModel.objects.get().run is None
    assert LogEntry.objects.get().action_flag == DELETION


def test_several_trainings_are_deleted_with_their_folders(
    as_dora, run, django_capture_on_commit_callbacks
):
    made = [run(status=TaskStatus.DONE), run(status=TaskStatus.FAILED)]
    made[1].folder.mkdir(parents=True)
    bulk = {"action": "delete_selected", "_selected_action": [each.pk for each in made]}
    with django_capture_on_commit_callbacks(execute=True):
        as_dora.post(LIST, bulk | {"post": "yes"})
    assert not TrainingRun.objects.exists()
    assert not made[1].folder.exists()


def test_strangers_get_no_log_and_no_form(as_alice, run):
    for url in (ADD, page_of(run(), "log/")):
        assert as_alice.get(url).status_code == 302
