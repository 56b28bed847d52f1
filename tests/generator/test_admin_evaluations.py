"""Asking for an evaluation, watching it and reading it, in the admin."""

import uuid

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.utils import timezone

from generator import queueing
from generator.models import DataSet, Evaluation, TaskStatus
from tests.conftest import browser_of, person

LIST = "/admin/generator/evaluation/"
REPORT = {
    "model": "Concert",
    "sha256": "0" * 64,
    "nats_per_note": 9.1234,
    "composed": {"pieces": 20},
    "people": {"performances": 137},
    "overlap": {"mgeval": {"composed": {"mean": 0.851}, "people": {"mean": 0.9}}},
    "copying": {"flagged": []},
    "remarks": ["Above the people's 95th percentile: none."],
}
TABLES = [
    [["model", "nats per note", "of an event stream"], ["Concert", "9.12", "2.253"]],
    [["clips of 30 s", "composed", "people"], ["polyphony", "4.50 ± 1.25", "5.30 ± 2.10"]],
]


@pytest.fixture
def data_set(db):
    return DataSet.objects.create(name="Walks", status=TaskStatus.DONE)


@pytest.fixture
def evaluation(trained_model, data_set):
    """A maker of evaluations."""

    def make(status=TaskStatus.DONE, **fields):
        known = {"model": trained_model, "data_set": data_set, "status": status}
        if status == TaskStatus.DONE:
            known |= {"report": REPORT, "tables": TABLES}
        if status == TaskStatus.RUNNING:
            known |= {"token": uuid.uuid4(), "heartbeat_at": timezone.now()}
        return Evaluation.objects.create(**known | fields)

    return make


@pytest.fixture(autouse=True)
def pushed(monkeypatch):
    """Ids of the jobs that were put on a queue."""
    found = []
    monkeypatch.setattr(
        queueing, "push", lambda *job, job_id, name, **options: found.append((name, job_id))
    )
    return found


def page_of(evaluation):
    return f"{LIST}{evaluation.pk}/change/"


def words(answer):
    return [str(message) for message in answer.context["messages"]]


# Asking


def test_an_evaluation_is_asked_for(
    as_dora, dora, trained_model, data_set, pushed, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        wish = {"model": trained_model.pk, "data_set": data_set.pk}
        answer = as_dora.post(f"{LIST}add/", wish, follow=True)
    row = Evaluation.objects.get()
    assert (row.model, row.data_set, row.created_by) == (trained_model, data_set, dora)
    assert answer.redirect_chain[-1][0] == page_of(row)
    assert words(answer) == ["It is queued. This page tells how far it is."]
    assert pushed == [("studio", f"evaluation-{row.pk}-1")]
    assert LogEntry.objects.get().is_addition()


def test_the_models_page_leads_here_with_the_model_chosen(as_dora, trained_model, data_set):
    answer = as_dora.get(f"{LIST}add/?model={trained_model.pk}")
    assert f'<option value="{trained_model.pk}" selected>Concert</option>' in answer.text
    assert "Walks" in answer.text
    assert 'value="Measure"' in answer.text
    assert "related-widget-wrapper-link" not in answer.text  # no doors to other forms


@pytest.mark.parametrize("query", ["?model=none", "?model=99999", "?data_set=x&nonsense=1"])
def test_any_address_of_the_form_will_do(as_dora, trained_model, query):
    assert as_dora.get(f"{LIST}add/{query}").status_code == 200


def test_only_checked_data_sets_can_be_measured_on(as_dora, trained_model):
    raw = DataSet.objects.create(name="Raw waltzes")
    answer = as_dora.get(f"{LIST}add/")
    assert "Raw waltzes" not in answer.text
    assert "no data set yet that is checked" in answer.text
    answer = as_dora.post(f"{LIST}add/", {"model": trained_model.pk, "data_set": raw.pk})
    assert "not one of the available choices" in answer.text
    assert not Evaluation.objects.exists()


@pytest.mark.parametrize("wish", [{}, {"model": "x", "data_set": "y"}, {"model": "\x00"}])
def test_nonsense_is_refused_in_words(as_dora, trained_model, data_set, wish):
    answer = as_dora.post(f"{LIST}add/", wish)
    assert answer.status_code == 200
    assert answer.context["errors"]


def test_the_same_is_not_measured_twice_at_once(as_dora, evaluation, trained_model, data_set):
    evaluation(TaskStatus.RUNNING)
    wish = {"model": trained_model.pk, "data_set": data_set.pk}
    answer = as_dora.post(f"{LIST}add/", wish)
    assert "This is being measured already." in answer.text
    assert Evaluation.objects.count() == 1


# Reading


def test_its_tables_stand_beside_what_people_play(as_dora, evaluation):
    text = as_dora.get(page_of(evaluation())).text
    for words in ("4.50 ± 1.25", "5.30 ± 2.10", "137 performances", "95th percentile: none"):
        assert words in text
    assert "came with figures of its own, which stay" in text
    assert "need not be what the model learnt from" in text
    assert 'name="_save"' not in text


def test_the_list_shows_the_figures(as_dora, evaluation, django_assert_max_num_queries):
    for status in TaskStatus:
        evaluation(status)
    with django_assert_max_num_queries(12):
        text = as_dora.get(LIST).text
    assert "9.1234" in text
    assert "0.85 of 0.90" in text


@pytest.mark.parametrize(
    "query",
    [
        "?status__exact=done",
        "?status__exact=nonsense",
        "?model__id__exact=x",
        "?q=concert",
        "?o=99.x",
        "?p=-1",
        "?status__regex=(",
        "?report__x__regex=(",
    ],
)
def test_no_address_of_the_list_is_an_error_of_ours(as_dora, evaluation, query):
    evaluation()
    assert as_dora.get(LIST + query).status_code in (200, 302, 400)


def test_a_failed_one_tells_why_and_what_it_said(as_dora, evaluation):
    made = evaluation(TaskStatus.FAILED, error="There is no music in it.")
    assert "What it said" not in as_dora.get(page_of(made)).text
    made.folder.mkdir(parents=True)
    (made.folder / "log").write_bytes(b"$ python -m ml evaluate\n<b>\xff")
    text = as_dora.get(page_of(made)).text
    assert "There is no music in it." in text
    assert "$ python -m ml evaluate\n&lt;b&gt;" in text
    assert "Try again" in text


# Watching, stopping, trying again


def test_a_running_one_polls_and_can_be_stopped(as_dora, evaluation):
    progress = {"what": "Composing", "share": 0.426}
    made = evaluation(TaskStatus.RUNNING, progress=progress)
    state = f"{LIST}{made.pk}/state/"
    assert f'hx-get="{state}"' in as_dora.get(page_of(made)).text
    answer = as_dora.get(state)
    assert "Composing, 43 %" in answer.text
    assert "HX-Refresh" not in answer
    answer = as_dora.post(f"{LIST}{made.pk}/stop/", follow=True)
    assert words(answer) == ["It stops as soon as it has put down its work."]
    made.refresh_from_db()
    assert made.stop_asked
    assert "stops as soon" in LogEntry.objects.get().change_message


def test_once_it_has_ended_the_page_is_loaded_anew(as_dora, evaluation):
    assert as_dora.get(f"{LIST}{evaluation().pk}/state/")["HX-Refresh"] == "true"


def test_a_stopped_one_can_be_tried_again(
    as_dora, evaluation, pushed, django_capture_on_commit_callbacks
):
    made = evaluation(TaskStatus.STOPPED)
    with django_capture_on_commit_callbacks(execute=True):
        as_dora.post(f"{LIST}{made.pk}/resume/")
    made.refresh_from_db()
    assert (made.status, made.attempt) == (TaskStatus.QUEUED, 2)
    assert pushed == [("studio", f"evaluation-{made.pk}-2")]


def test_what_is_done_is_not_changed_by_a_form(as_dora, evaluation):
    made = evaluation()
    as_dora.post(page_of(made), {"model": "99", "status": "queued"})
    row = Evaluation.objects.get()
    assert (row.status, row.model_id, row.report) == (TaskStatus.DONE, made.model_id, REPORT)


def test_one_is_deleted_with_its_files(as_dora, evaluation, django_capture_on_commit_callbacks):
    made = evaluation()
    made.folder.mkdir(parents=True)
    with django_capture_on_commit_callbacks(execute=True):
        as_dora.post(f"{LIST}{made.pk}/delete/", {"post": "yes"})
    assert not Evaluation.objects.exists()
    assert not made.folder.exists()


# Who may


@pytest.mark.parametrize("move", ["stop", "resume"])
def test_moves_are_posted(as_dora, evaluation, move):
    made = evaluation(TaskStatus.RUNNING)
    assert as_dora.get(f"{LIST}{made.pk}/{move}/").status_code == 405


def test_who_may_only_look_only_looks(evaluation):
    looker = person("lena", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename="view_trainedmodel"))
    made, as_lena = evaluation(TaskStatus.RUNNING), browser_of(looker)
    for page in (LIST, page_of(made), f"{LIST}{made.pk}/state/"):
        assert as_lena.get(page).status_code == 200
    assert "Stop</button>" not in as_lena.get(page_of(made)).text
    assert as_lena.get(f"{LIST}add/").status_code == 403
    assert as_lena.post(f"{LIST}{made.pk}/stop/").status_code == 403
    made.refresh_from_db()
    assert not made.stop_asked


def test_other_people_do_not_get_in(as_alice, evaluation):
    made = evaluation()
    for page in (LIST, page_of(made), f"{LIST}{made.pk}/state/", f"{LIST}add/"):
        assert as_alice.get(page).status_code == 302


def test_what_is_not_there_is_not_found(as_dora):
    assert as_dora.get(f"{LIST}99/state/").status_code == 404
    assert as_dora.post(f"{LIST}99/stop/").status_code == 404
