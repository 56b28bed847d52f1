import uuid

import pytest

from generator.forms import ComposeForm
from generator.models import LARGEST_SEED, TrainedModel
from generator.titles import invent_title

pytestmark = pytest.mark.usefixtures("trained_model")


def form_of(**data):
    return ComposeForm({"duration": "60", "temperature": "1", "style": "", **data})


def wishes_of(form):
    assert form.is_valid(), form.errors
    return form.wishes()


def test_a_bare_wish_is_filled_in(trained_model):
    form = form_of()
    (wish,) = wishes_of(form)
    assert wish["model"] == trained_model
    assert 0 <= wish["seed"] <= LARGEST_SEED
    assert wish["title"]
    assert (wish["energy"], wish["loudness"]) == (0, 0)
    assert (wish["beginning"], wish["takeover"]) == (None, None)
    assert isinstance(form.cleaned_data["request_key"], uuid.UUID)


def test_a_full_wish_is_kept(trained_model):
    key = uuid.uuid4()
    form = form_of(
        duration="20",
        style="chopin",
        temperature="0.9",
        seed="0",
        model="Concert",
        title="  Night \n music ",
        energy="calm",
        loudness="5",
        request_key=str(key),
    )
    assert wishes_of(form) == [
        {
            "requested_duration": 20,
            "style": "chopin",
            "temperature": 0.9,
            "energy": 1,
            "loudness": 5,
            "seed": 0,
            "model": trained_model,
            "title": "Night music",
            "beginning": None,
            "takeover": None,
        }
    ]
    assert form.cleaned_data["request_key"] == key


def test_takes_have_consecutive_seeds_and_one_title():
    wishes = wishes_of(form_of(takes="3", seed="7", title="Night"))
    assert [wish["seed"] for wish in wishes] == [7, 8, 9]
    assert {wish["title"] for wish in wishes} == {"Night"}


def test_invented_titles_of_takes_follow_their_seeds():
    wishes = wishes_of(form_of(takes="2", seed="7", style="chopin"))
    assert [wish["title"] for wish in wishes] == [
        invent_title(7, "Frédéric Chopin"),
        invent_title(8, "Frédéric Chopin"),
    ]


def test_seeds_of_takes_begin_again_at_0():
    wishes = wishes_of(form_of(takes="4", seed=str(LARGEST_SEED - 1)))
    assert [wish["seed"] for wish in wishes] == [LARGEST_SEED - 1, LARGEST_SEED, 0, 1]


@pytest.mark.parametrize(
    ("wish", "level"),
    [("any", 0), ("", 0), ("calm", 1), ("balanced", 3), ("LIVELY", 5), ("0", 0), ("4", 4)],
)
def test_energy_is_a_word_or_a_number(wish, level):
    assert wishes_of(form_of(energy=wish))[0]["energy"] == level


def test_a_level_without_a_word_is_a_choice_of_its_own():
    form = form_of(energy="4")
    assert [radio.choice_label for radio in form["energy"]] == [
        "Any", "Calm", "Balanced", "Level 4 of 5", "Lively",
    ]  # fmt: skip
    assert [radio.data["value"] for radio in form["energy"] if radio.data["selected"]] == ["4"]


@pytest.mark.parametrize("style", ["any", ""])
def test_any_style_is_kept_as_none(style):
    form = form_of(style=style)
    assert wishes_of(form)[0]["style"] == ""


def test_seeds_are_drawn_anew():
    seeds = set()
    for _ in range(5):
        seeds.add(wishes_of(form_of())[0]["seed"])
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
        pytest.param("energy", "wild", "calm, balanced, lively", id="energy-unknown"),
        pytest.param("energy", "6", "calm", id="energy-6"),
        pytest.param("loudness", "-1", "soft, medium, loud", id="loudness-negative"),
        pytest.param("takes", "0", "1 to 4", id="takes-0"),
        pytest.param("takes", "5", "1 to 4", id="takes-5"),
        pytest.param("seed", "-1", "0", id="seed-negative"),
        pytest.param("seed", str(2**32), "4294967295", id="seed-huge"),
        pytest.param("seed", "luck", "whole number", id="seed-text"),
        pytest.param("model", "999", "not offered", id="model-unknown"),
        pytest.param("model", "Nobody", "not offered", id="model-text"),
        pytest.param("title", "x" * 10_000, "120", id="title-long"),
        pytest.param("title", "<b>Night</b>", "plain text", id="title-markup"),
        pytest.param("title", "a\0b", "plain text", id="title-null"),
        pytest.param("title", "\u2060\u200d", "nothing to see", id="title-invisible"),
    ],
)
def test_a_bad_value_is_explained_by_its_field(field, value, words):
    form = form_of(**{field: value})
    assert not form.is_valid()
    assert list(form.errors) == [field]
    assert words in form.errors[field][0]


def test_a_deactivated_model_is_refused():
    retired = TrainedModel.objects.create(name="Old", file="old.keras", status="retired")
    form = form_of(model=retired.name)
    assert not form.is_valid()
    assert form.errors["model"] == ["This model is not offered."]


def test_a_style_must_be_the_chosen_models():
    other = TrainedModel.objects.create(
        status="active",
        name="Other",
        file="o.keras",
        sha256="2" * 64,
        styles=[["liszt", "Franz Liszt"]],
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


# Filled in by an address.


def test_an_address_fills_the_form_in():
    form = ComposeForm.from_address(
        {"duration": "90", "style": "chopin", "energy": "1", "takes": "3", "title": "Night"}
    )
    assert form["duration"].value() == "90"
    assert form["style"].value() == "chopin"
    assert form["energy"].value() == "calm"
    assert form["takes"].value() == "3"
    assert form["title"].value() == "Night"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("duration", "long"),
        ("duration", "1e9"),
        ("style", "nobody"),
        ("energy", "wild"),
        ("temperature", "nan"),
        ("seed", "-1"),
        ("model", "Nobody"),
        ("takes", "99"),
        ("beginning", "x\0"),
        ("takeover", "inf"),
        ("title", "<b>x</b>"),
    ],
)
def test_what_makes_no_sense_in_an_address_is_left_out(name, value):
    usual = ComposeForm()[name].value()
    assert ComposeForm.from_address({name: value})[name].value() == usual


# Styles as cards.


def test_there_is_a_card_for_each_style_with_how_it_sounds():
    cards = ComposeForm().style_cards()
    assert [(card["first_names"], card["surname"]) for card in cards] == [
        ("", "Any style"),
        ("Johann Sebastian", "Bach"),
        ("Frédéric", "Chopin"),
    ]
    assert all(card["sound"] and card["is_known"] for card in cards)
    assert [card["slug"] for card in cards if card["is_chosen"]] == ["any"]


def test_styles_of_other_models_wait_for_their_model():
    TrainedModel.objects.create(
        status="active",
        name="Other",
        file="o.keras",
        sha256="2" * 64,
        styles=[["liszt", "Franz Liszt"]],
    )

    def known(form):
        return [card["slug"] for card in form.style_cards() if card["is_known"]]

    assert known(ComposeForm()) == ["any", "bach", "chopin"]
    assert known(ComposeForm.from_address({"model": "Other"})) == ["any", "liszt"]
    cards = {card["slug"]: card["models_json"] for card in ComposeForm().style_cards()}
    assert cards["liszt"] == '["Other"]'
    assert cards["any"] == '["Concert", "Other"]'


def test_a_style_that_the_chosen_model_does_not_know_is_not_chosen():
    TrainedModel.objects.create(name="Other", status="active", file="o.keras", sha256="2" * 64)
    form = ComposeForm.from_address({"model": "Other", "style": "bach"})
    assert [card["slug"] for card in form.style_cards() if card["is_chosen"]] == ["any"]


# Surprises.


def test_a_surprise_is_a_wish_that_can_be_asked():
    for _ in range(20):
        (wish,) = wishes_of(ComposeForm.surprise(str(uuid.uuid4())))
        assert wish["style"] in ("", "bach", "chopin")
        assert wish["requested_duration"] in (30, 60, 90, 120)
        assert 0.85 <= wish["temperature"] <= 1.2
        assert wish["energy"] in (0, 1, 3, 5)


def test_surprises_differ():
    wishes = [wishes_of(ComposeForm.surprise(None))[0] for _ in range(20)]
    for name in ("style", "requested_duration", "temperature", "energy", "seed"):
        assert len({wish[name] for wish in wishes}) > 1, name


def test_a_surprise_keeps_its_key():
    key = uuid.uuid4()
    form = ComposeForm.surprise(str(key))
    assert form.is_valid()
    assert form.cleaned_data["request_key"] == key


def test_without_any_model_there_is_no_surprise(trained_model):
    trained_model.delete()
    form = ComposeForm.surprise("")
    assert "No model is installed" in form.errors["model"][0]
