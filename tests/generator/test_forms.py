import uuid

import pytest

from generator.forms import ComposeForm
from generator.models import LARGEST_SEED, TrainedModel

pytestmark = pytest.mark.usefixtures("trained_model")


def form_of(**data):
    return ComposeForm({"duration": "60", "temperature": "1", "style": "", **data})


def test_a_bare_wish_is_filled_in(trained_model):
    form = form_of()
    assert form.is_valid(), form.errors
    wish = form.wish()
    assert wish["model"] == trained_model
    assert 0 <= wish["seed"] <= LARGEST_SEED
    assert wish["title"]
    assert isinstance(wish["request_key"], uuid.UUID)


def test_a_full_wish_is_kept(trained_model):
    key = uuid.uuid4()
    form = form_of(
        duration="20",
        style="chopin",
        temperature="0.9",
        seed="0",
        model="Concert",
        title="  Night \n music ",
        request_key=str(key),
    )
    assert form.is_valid(), form.errors
    assert form.wish() == {
        "requested_duration": 20,
        "style": "chopin",
        "temperature": 0.9,
        "seed": 0,
        "model": trained_model,
        "title": "Night music",
        "request_key": key,
    }


@pytest.mark.parametrize("style", ["any", ""])
def test_any_style_is_kept_as_none(style):
    form = form_of(style=style)
    assert form.is_valid(), form.errors
    assert form.wish()["style"] == ""


def test_seeds_are_drawn_anew():
    seeds = set()
    for _ in range(5):
        form = form_of()
        assert form.is_valid()
        seeds.add(form.wish()["seed"])
    assert len(seeds) == 5


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        pytest.param("duration", "", "Say how long", id="duration-missing"),
        pytest.param("duration", "0", "10", id="duration-0"),
        pytest.param("duration", "-5", "10", id="duration-negative"),
        pytest.param("duration", "1e9", "whole seconds", id="duration-1e9"),
        pytest.param("duration", "1000000000", "600", id="duration-huge"),
        pytest.param("duration", "long", "whole seconds", id="duration-text"),
        pytest.param("style", "satie", "style", id="style-unknown"),
        pytest.param("temperature", "0.1", "0.5", id="temperature-low"),
        pytest.param("temperature", "9", "1.5", id="temperature-high"),
        pytest.param("temperature", "nan", "number", id="temperature-nan"),
        pytest.param("temperature", "hot", "number", id="temperature-text"),
        pytest.param("seed", "-1", "0", id="seed-negative"),
        pytest.param("seed", str(2**32), "4294967295", id="seed-huge"),
        pytest.param("seed", "luck", "whole number", id="seed-text"),
        pytest.param("model", "999", "not offered", id="model-unknown"),
        pytest.param("model", "Nobody", "not offered", id="model-text"),
        pytest.param("title", "x" * 10_000, "120", id="title-long"),
        pytest.param("title", "<b>Night</b>", "plain text", id="title-markup"),
        pytest.param("title", "a\0b", "plain text", id="title-null"),
    ],
)
def test_a_bad_value_is_explained_by_its_field(field, value, words):
    form = form_of(**{field: value})
    assert not form.is_valid()
    assert list(form.errors) == [field]
    assert words in form.errors[field][0]


def test_a_deactivated_model_is_refused():
    retired = TrainedModel.objects.create(name="Old", file="old.keras", is_active=False)
    form = form_of(model=retired.name)
    assert not form.is_valid()
    assert form.errors["model"] == ["This model is not offered."]


def test_a_style_must_be_the_chosen_models():
    other = TrainedModel.objects.create(
        name="Other", file="o.keras", sha256="2" * 64, styles=[["liszt", "Franz Liszt"]]
    )
    assert form_of(style="liszt", model=other.name).is_valid()
    form = form_of(style="liszt")
    assert not form.is_valid()
    assert form.errors["style"] == ["The model “Concert” does not know this style."]


def test_without_any_model_it_says_so(trained_model):
    trained_model.delete()
    form = form_of()
    assert not form.is_valid()
    assert "No model is installed" in form.errors["model"][0]


@pytest.mark.parametrize("key", ["", "not-a-key", "x" * 10_000])
def test_a_bad_key_is_replaced(key):
    form = form_of(request_key=key)
    assert form.is_valid(), form.errors
    assert isinstance(form.cleaned_data["request_key"], uuid.UUID)


def test_styles_are_offered_by_surname():
    assert ComposeForm().fields["style"].choices == [
        ("any", "Any style"),
        ("bach", "Johann Sebastian Bach"),
        ("chopin", "Frédéric Chopin"),
    ]


def test_the_form_begins_with_good_values(trained_model):
    form = ComposeForm()
    assert form["duration"].value() == 60
    assert form["temperature"].value() == 1.0
    assert form["model"].value() == "Concert"
    assert form["request_key"].value() != ComposeForm()["request_key"].value()
