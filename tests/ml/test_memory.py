from ml.memory import Memory


def hears(chords, gap=20):
    """A memory that has heard chords of keys, `gap` ticks apart, each a little spread."""
    memory = Memory()
    for place, chord in enumerate(chords):
        for spread, key in enumerate(chord):
            memory.strike(key, place * gap + spread, 10 + place)
    return memory


A, B, C, D, E = (30, 42), (34,), (37, 49, 52), (40,), (45,)


def test_at_first_it_expects_nothing():
    memory = Memory()
    assert (memory.expected_now(), memory.expected_next(), memory.ticks_to_next()) == ({}, {}, -1)


def test_onsets_within_30_ms_are_one_chord():
    memory = hears([(30, 34, 37, 40), B], gap=20)
    assert memory.chords == [{30: 10, 34: 10, 37: 10, 40: 10}, {34: 11}]
    memory.strike(50, 24, 9)
    assert len(memory.chords) == 3


def test_what_is_new_is_not_expected():
    memory = hears([A, B, C, D])
    assert memory.expected_next() == {}
    assert memory.order == 0


def test_after_two_known_chords_it_expects_the_third():
    memory = hears([A, B, C, D, A, B])
    assert memory.order == 2
    assert memory.expected_next() == {37: 12, 49: 12, 52: 12}
    assert memory.ticks_to_next() == 20


def test_one_chord_alone_says_nothing():
    assert hears([A, B, C, D, A]).expected_next() == {}


def test_what_the_open_chord_lacks_is_expected_now():
    memory = hears([A, B, C, D, A, B])
    memory.strike(37, 121, 9)
    assert memory.expected_now() == {49: 12, 52: 12}
    memory.strike(52, 122, 9)
    assert memory.expected_now() == {49: 12}


def test_the_longest_agreement_counts():
    """After B C comes once D and later E; A B C tells which."""
    memory = hears([A, B, C, D, E, B, C, E, A, B, C])
    assert memory.order == 3
    assert set(memory.expected_next()) == set(D)


def test_of_equal_agreements_the_latest_counts():
    memory = hears([A, B, C, A, B, D, A, B])
    assert set(memory.expected_next()) == set(D)


def test_the_order_of_the_keys_in_a_chord_does_not_matter():
    memory = hears([(30, 42), (34,), (37,), (40,), (42, 30), (34,)])
    assert set(memory.expected_next()) == {37}


def test_it_reads_on_over_a_wrong_note_when_it_was_right_before():
    theme = [(key,) for key in (30, 33, 35, 38, 40, 43, 45, 47, 50, 52, 54, 57)]
    slip = [*theme[:8], (51,), theme[9]]
    memory = hears([*theme, *slip])
    assert set(memory.expected_next()) == {54}
    assert memory.trust > 0.3


def test_a_repeated_chord_is_expected_again():
    memory = hears([B, B, B, B])
    assert set(memory.expected_next()) == set(B)
