"""Music, a recording and a sheet made by dice, for bench/stage.py."""

import math
import random
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def made_up_notes(seed, seconds):
    """Broken chords under a wandering tune: `[[onset_ms, duration_ms, pitch, velocity], ...]`."""
    dice = random.Random(seed)
    beat = dice.choice([260, 340, 480, 620])
    root, tune = dice.randint(36, 50), dice.randint(68, 80)
    scale = [0, 2, 3, 5, 7, 8, 10] if seed % 3 else [0, 2, 4, 5, 7, 9, 11]
    notes = []
    for step in range(seconds * 1000 // beat):
        swell = 0.5 + 0.5 * math.sin(step / 23 + seed)
        if step % 8 == 0:
            chord = dice.choice([0, 3, 4, 5, 1])
        pitch = root + scale[(chord + 2 * (step % 4)) % 7] + 12 * ((step % 8) // 3)
        notes.append([step * beat, int(beat * dice.uniform(1, 3)), pitch, int(30 + 40 * swell)])
        if dice.random() < 0.42:
            tune = min(96, max(62, tune + dice.choice([-4, -2, -1, 1, 2, 3])))
            late = step * beat + dice.randint(0, 25)
            notes.append([late, int(beat * dice.uniform(1, 4)), tune, int(60 + 55 * swell)])
    return notes


def waves(seed, seconds):
    """Runs that rise and fall over the whole keyboard, each with a breath after it."""
    dice = random.Random(seed)
    notes, time, low = [], 0, dice.randint(28, 40)
    while time < (seconds - 4) * 1000:
        length, step = dice.choice([14, 22, 30]), dice.choice([90, 120, 150])
        top = dice.randint(24, 46)
        notes.append([time, length * step + 900, low + dice.choice([0, 5, 7, 12]), 44])
        for n in range(length):
            pitch = low + 12 + int(top * math.sin(math.pi * n / length)) + dice.choice([0, 0, 2, 3])
            hard = int(40 + 60 * math.sin(math.pi * n / length))
            notes.append([time + n * step, dice.choice([1, 2, 5]) * step, pitch, hard])
        time += length * step + dice.choice([300, 900, 1500])
    return notes


def chorale(seed, seconds):
    """Slow chords of four voices that move by steps, and a few lights above them."""
    dice = random.Random(seed)
    voices, beat, notes = [38 + seed % 5, 50, 57, 66], dice.choice([700, 900, 1100]), []
    for time in range(0, (seconds - 4) * 1000, 2 * beat):
        voices = [max(33, min(84, voice + dice.choice([-3, -2, 0, 2, 3]))) for voice in voices]
        hard = int(50 + 35 * math.sin(time / 17_000))
        notes += [[time + 12 * n, 2 * beat - 60, pitch, hard] for n, pitch in enumerate(voices)]
        for _ in range(dice.choice([0, 0, 1, 3])):
            late, pitch = dice.randrange(2 * beat), dice.randint(76, 94)
            notes.append([time + late, beat // 2, pitch, hard - 20])
    return sorted(notes)


def composed(piece):
    """What the shipped model makes of the wish."""
    from ml.beginning import to_lists
    from ml.composer import Composer, Request

    composer = Composer.open(ROOT / "ml/weights/concert.keras")
    wish = Request(seconds=piece.requested_duration, seed=piece.seed, style=piece.style)
    return to_lists(composer.compose(wish).notes)


TEXTURES = (made_up_notes, waves, chorale)


def some_sound():
    """The bytes of an MP3 of ten minutes, as quiet as the night."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sound.mp3")
        subprocess.run(
            ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "sine=220:duration=603",
             "-b:a", "32k", "-write_xing", "0", path], check=True,
        )  # fmt: skip
        return path.read_bytes()


def sheet():
    """(picture, width, height) of a score: a few bars of two staves, engraved by verovio."""
    import verovio

    dice = random.Random(3)
    upper, lower = "CDEFGAB", "CEGCEG"
    bars = []
    for bar in range(1, 25):
        tune = "".join(
            f'<note dur="{length}" pname="{dice.choice(upper).lower()}" oct="{dice.choice("45")}"/>'
            for length in dice.choice([(4, 4, 4), (2, 4), (8, 8, 4, 4), (4, 8, 8, 8, 8)])
        )
        chord = "".join(f'<note dur="8" pname="{p.lower()}" oct="3"/>' for p in lower)
        bars.append(
            f'<measure n="{bar}"><staff n="1"><layer>{tune}</layer></staff>'
            f'<staff n="2"><layer><beam>{chord}</beam></layer></staff></measure>'
        )
    staves = (
        '<staffGrp symbol="brace" bar.thru="true">'
        '<staffDef n="1" lines="5" clef.shape="G" clef.line="2"/>'
        '<staffDef n="2" lines="5" clef.shape="F" clef.line="4"/></staffGrp>'
    )
    mei = (
        '<mei xmlns="http://www.music-encoding.org/ns/mei"><music><body><mdiv><score>'
        f'<scoreDef key.sig="3f" meter.count="3" meter.unit="4">{staves}</scoreDef>'
        f"<section>{''.join(bars)}</section></score></mdiv></body></music></mei>"
    )
    verovio.enableLog(verovio.LOG_OFF)
    engraver = verovio.toolkit()
    engraver.setOptions(
        {"pageWidth": 2000, "adjustPageHeight": True, "scale": 50, "header": "none"}
    )
    engraver.loadData(mei)
    picture = engraver.renderToSVG(1)
    return picture, 1000, int(picture.split('height="', 1)[1].split("px", 1)[0])
