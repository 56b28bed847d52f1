import copy

import pytest

from ml import reading

REPORT = {
    "model": "concert.keras",
    "sha256": "abc",
    "nats_per_note": 8.1,
    "by_field": {"shift": 3.0, "key": 3.1, "velocity": 1.983},
    "corrections": {"shift": 0.017},
    "notes": 639425,
    "files": 137,
    "baselines": {"unigram": 17.306, "markov_2": 14.78},
    "samples": [
        {
            "seed": seed,
            "seconds": 60.0,
            "notes_per_second": 8.0 + seed,
            "longest_silence": 0.25,
            "longest_pause": 2.5,
            "longest_note": 6.004,
            "hanging_notes": 0,
            "pattern_repeats": 2 + seed,
        }
        for seed in (1, 2)
    ],
    "composed": {
        "pieces": 2,
        "different": 2,
        "clips": 4,
        "features": {"polyphony": {"mean": 4.5, "sd": 1.25}, "mean_gap": {"mean": 0.1, "sd": 0.02}},
    },
    "people": {
        "performances": 137,
        "clips": 272,
        "features": {"polyphony": {"mean": 5.3, "sd": 2.1}, "mean_gap": {"mean": 0.137, "sd": 0.1}},
    },
    "overlap": {
        kind: {
            "composed": {"mean": mean, "low": mean - 0.01, "high": mean + 0.01},
            "people": {"mean": 0.9, "low": 0.89, "high": 0.91},
            "halves": {"mean": 0.93, "low": 0.92, "high": 0.94},
            "by_feature": {
                "polyphony": {"composed": 0.81, "people": 0.91, "halves": 0.93},
                "mean_gap": {"composed": 0.77, "people": 0.89, "halves": 0.92},
            },
        }
        for kind, mean in (("mgeval", 0.85), ("direct", 0.69))
    },
    "copying": {
        "exact_16": {"composed": 0.5, "most": 1.0, "people": 0.2, "people_95th": 0.882},
        "flagged": [2],
    },
}


def test_what_stands_in_no_table_is_remarked():
    assert reading.remarks(REPORT) == [reading.fields(REPORT), reading.flagged(REPORT)]


def test_what_could_not_be_measured_is_remarked():
    less = report(overlap=None)
    del less["copying"], less["baselines"]
    remarks = " ".join(reading.remarks(less))
    for words in ("no baselines", "Too few pieces", "No training music"):
        assert words in remarks


def report(**changes):
    changed = copy.deepcopy(REPORT) | changes
    return {name: value for name, value in changed.items() if value != "none"}


def test_a_model_stands_below_its_baselines():
    assert reading.likelihood(REPORT) == [
        ["model", "nats per note", "÷ 4.05: per token of an event stream"],
        ["unigram", "17.31", ""],
        ["markov_2", "14.78", ""],
        ["concert", "8.10", "2.000"],
    ]


def test_or_alone():
    assert len(reading.likelihood(report(baselines="none"))) == 2


def test_the_fields_are_told_with_what_bins_hide():
    assert reading.fields(REPORT) == (
        "By field: shift 3.00, key 3.10, velocity 1.98 nats per note; +0.017 for bins wider than "
        "10 ms. 639,425 notes of 137 performances."
    )


def test_areas_stand_beside_the_ceiling():
    assert reading.overlap(REPORT) == [
        ["overlapped area", "composed, 4 clips", "people, as many", "people, halves"],
        ["mgeval", "0.85 (0.84 to 0.86)", "0.90 (0.89 to 0.91)", "0.93 (0.92 to 0.94)"],
        ["direct", "0.69 (0.68 to 0.70)", "0.90 (0.89 to 0.91)", "0.93 (0.92 to 0.94)"],
    ]


def test_features_have_as_many_places_as_they_need():
    assert reading.features(REPORT)[1:] == [
        ["polyphony", "4.50 ± 1.25", "5.30 ± 2.10", "0.81", "0.91"],
        ["mean gap between onsets, s", "0.100 ± 0.020", "0.137 ± 0.100", "0.77", "0.89"],
    ]


def test_features_without_people_to_compare_with():
    people = {"performances": 1, "clips": 0, "features": {}}
    assert reading.features(report(overlap=None, people=people)) == [
        ["clips of 30 s, mean ± sd", "composed", "people"],
        ["polyphony", "4.50 ± 1.25", ""],
        ["mean gap between onsets, s", "0.100 ± 0.020", ""],
    ]


def test_the_least_and_the_most_of_all_pieces():
    assert reading.pieces(REPORT) == [
        ["of 2 composed pieces", "least", "most"],
        ["length, s", "60", "60"],
        ["notes a second", "9", "10"],
        ["longest silence, s", "0.25", "0.25"],
        ["longest pause between onsets, s", "2.5", "2.5"],
        ["longest note, s", "6.004", "6.004"],
        ["notes longer than 20 s", "0", "0"],
        ["most repeats of a pattern of up to 8 pitches", "3", "4"],
        ["pieces that differ from all others", "2", "2"],
    ]


def test_copying_stands_beside_people():
    assert reading.copying(REPORT)[1:] == [["16 notes, exact", "0.50", "1.00", "0.20", "0.88"]]


@pytest.mark.parametrize(
    ("seeds", "sentence"),
    [
        ([], "Above the people's 95th percentile: none."),
        ([2, 7], "Above the people's 95th percentile: seeds 2, 7."),
    ],
    ids=["none", "two"],
)
def test_flagged_seeds_are_named(seeds, sentence):
    assert reading.flagged(report(copying={"flagged": seeds})) == sentence


@pytest.mark.parametrize(
    ("changes", "heads"),
    [
        ({}, ["model", "overlapped area", "clips of 30 s, mean ± sd", "of 2", "runs found"]),
        ({"copying": "none"}, ["model", "overlapped area", "clips of 30 s", "of 2"]),
        ({"overlap": None, "copying": "none"}, ["model", "clips of 30 s", "of 2"]),
        ({"samples": "none"}, ["model", "overlapped area", "clips of 30 s", "runs found"]),
        (dict.fromkeys(["samples", "composed", "overlap", "copying"], "none"), ["model"]),
    ],
    ids=["all", "nothing heard", "too few people", "a card", "nothing composed"],
)
def test_there_is_a_table_for_whatever_there_are_figures_of(changes, heads):
    found = [table[0][0] for table in reading.tables(report(**changes))]
    assert len(found) == len(heads)
    assert all(name.startswith(head) for name, head in zip(found, heads, strict=True))


def test_columns_stand_under_each_other():
    assert list(reading.aligned([["model", "nats"], ["tiny", "9.1"]])) == [
        "model  nats",
        "tiny   9.1",
    ]


def test_a_table_in_markdown():
    assert list(reading.markdown([["model", "nats"], ["tiny", "9.1"]])) == [
        "| model | nats |",
        "| --- | --- |",
        "| tiny | 9.1 |",
    ]


def test_the_terminal_sees_all_of_it():
    lines = reading.lines(REPORT)
    assert lines[0] == "concert.keras, SHA-256 abc"
    assert lines[-1] == "Above the people's 95th percentile: seeds 2."
    assert "unigram   17.31" in lines
