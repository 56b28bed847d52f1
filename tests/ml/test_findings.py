from ml.corpus import Corpus
from ml.encoding import encode
from ml.findings import Findings
from ml.folders import Source
from tests.ml.pieces import walk


def performance(seed, composer, title, split):
    return Source(f"{seed}.mid", composer, title, split), encode(walk(seed))


def test_titles_on_both_sides_of_a_split_are_counted():
    made = Corpus.of(
        [
            performance(0, "Bach", "Fugue", "train"),
            performance(1, "Bach", "Fugue", "validation"),
            performance(2, "Liszt", "Fugue", "train"),
            performance(3, "Liszt", "Etude", "test"),
        ]
    )
    report = Findings(corpus=made).report()
    assert report["on_both_sides"] == 1
    assert report["composers"] == [("Bach", 2), ("Liszt", 2)]
    assert report["pieces"] == {"test": 1, "train": 2, "validation": 1}


def test_before_there_is_a_corpus_all_counts_are_nothing():
    report = Findings(files=2, bad=[("a.mid", "It is cut off.")]).report()
    assert (report["files"], report["pieces"], report["hours"]) == (2, {}, 0)
    assert report["bad"] == [("a.mid", "It is cut off.")]
