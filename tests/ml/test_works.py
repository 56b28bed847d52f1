import pytest

from ml import works


@pytest.mark.parametrize(
    ("composer", "title", "work"),
    [
        ("Chopin", "Preludes_Opus_28_4", "Chopin: Preludes Opus 28"),
        ("Chopin", "Etudes_Opus_10_12_Revolutionary", "Chopin: Etudes Opus 10"),
        ("Beethoven", "Sonata_No.5_C_major_Opus_10_1_3", "Beethoven: Sonata No.5 C major Opus 10"),
        ("Beethoven", "Les_Adieux_Opus_81a_2", "Beethoven: Les Adieux Opus 81a"),
        ("Beethoven", "Sonata, op. 81a, 2", "Beethoven: Sonata, op. 81a"),
        ("Bach", "Part1_BWV_846", "Bach: Part1 BWV 846"),
        ("Mozart", "Sonata_No.11_KV_331_3_Alla_Turca", "Mozart: Sonata No.11 KV 331"),
        ("Mozart", "Sonata K. 545, 2. Andante", "Mozart: Sonata K. 545"),
        ("Haydn", "Sonata_Hoboken_XVI_33_2", "Haydn: Sonata Hoboken XVI 33"),
        ("Schubert", "Sonata_D_850_Opus_53_4", "Schubert: Sonata D 850 Opus 53"),
        ("Schubert", "4_Impromptus_Opus_posth_142_1", "Schubert: 4 Impromptus Opus posth 142"),
        ("Liszt", "19_Hungarian_Rhapsodies_2", "Liszt: 19 Hungarian Rhapsodies"),
        ("Liszt", "Grandes_Etudes_de_Paganini_3_La", "Liszt: Grandes Etudes de Paganini"),
        ("Ravel", "Gaspard_de_la_Nuit_Ondine", "Ravel: Gaspard de"),
        ("Beethoven", "For_Elise", "Beethoven: For Elise"),
        ("", "Fugue", "Fugue"),
        ("", "", ""),
    ],
)
def test_a_work_is_all_of_a_catalogue_number_or_a_cycle(composer, title, work):
    assert works.work(composer, title) == work


@pytest.mark.parametrize(
    ("composer", "title", "same"),
    [
        ("Godowsky", "Transcription_Albeniz_Tango", ("Albeniz", "Espana_Opus_165_Tango")),
        (
            "Godowsky",
            "53_Studies_on_Etudes_on_Frederic_Chopin",
            ("Chopin", "Etudes_Opus_10_1"),
        ),
        ("Christmas", "Ferd.Keller_Christmas_Fantasia", ("Christmas", "M.P.Heller_Christmas_Joy")),
    ],
)
def test_arrangements_belong_to_what_they_arrange(composer, title, same):
    other, title_of_other = same
    assert works.work(works.full_name(composer), title) == works.work(
        works.full_name(other), title_of_other
    )


def test_movements_are_one_work_and_sonatas_are_not():
    names = {works.work("B", f"Sonata_No.{i}_Opus_{40 + i}_{m}") for i in range(5) for m in (1, 2)}
    assert len(names) == 5


def test_a_work_is_the_same_with_blanks_as_with_lines():
    lined = works.work("Chopin", "Piano_sonata_No.2_Opus_35_1")
    assert works.work("Chopin", "Piano sonata No.2 Opus 35 1") == lined


def test_full_names_are_those_that_maestro_uses():
    assert works.full_name("Chopin") == "Frédéric Chopin"
    assert works.full_name("Frédéric Chopin") == "Frédéric Chopin"
    assert works.full_name("Nobody") == "Nobody"


@pytest.mark.parametrize(("count", "held"), [(0, 0), (1, 0), (2, 1), (10, 1), (11, 2), (92, 10)])
def test_a_tenth_is_held_out_and_never_all(count, held):
    assert len(works.held_out(str(i) for i in range(count))) == held


def test_the_same_works_are_held_out_in_any_order():
    names = [f"Work {i}" for i in range(50)]
    assert works.held_out(names) == works.held_out(names[::-1]) == works.held_out(names * 2)


@pytest.mark.parametrize(
    ("name", "work"),
    [
        ("mz_331_2", "mz 331"),
        ("haydn_35_3", "haydn 35"),
        ("chpn_op25_e1", "chpn op25"),
        ("Sonata Op. 27 No. 2, 1", "Sonata Op. 27"),
        ("bwv846-prelude", "bwv846"),
        ("Hob XVI-33 finale", "Hob XVI-33"),
        ("walk-0", ""),
        ("For Elise", ""),
        ("01", "Partita"),
        ("01 - 2", "Partita"),
    ],
)
def test_names_of_files_tell_works_as_far_as_they_can(name, work):
    assert works.of_file(name, "Partita") == work


@pytest.mark.parametrize(
    ("folder", "composer"),
    [
        ("Bach", "Johann Sebastian Bach"),
        ("Frédéric_Chopin", "Frédéric Chopin"),
        ("midis", ""),
        ("", ""),
    ],
)
def test_a_folder_may_be_named_after_a_composer(folder, composer):
    assert works.composer_of_folder(folder) == composer
