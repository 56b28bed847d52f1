"""System checks: what a machine needs before it can make sound."""

import shutil
from pathlib import Path

from django.conf import settings
from django.core.checks import Warning, register

from generator.audio import AudioError, check_soundfont

WEIGHTS = Path(__file__).resolve().parent.parent / "ml" / "weights"  # shipped models, cards beside
SET_UP = "Run `make setup`, which installs it, or install the package {}."


@register
def check_fluidsynth(app_configs, **kwargs):
    if shutil.which("fluidsynth"):
        return []
    return [
        Warning(
            "FluidSynth is not installed: no piece can be rendered.",
            hint=SET_UP.format("fluidsynth"),
            id="generator.W001",
        )
    ]


@register
def check_ffmpeg(app_configs, **kwargs):
    if shutil.which("ffmpeg") and shutil.which("ffprobe"):
        return []
    return [
        Warning(
            "FFmpeg is not installed: no MP3 can be made.",
            hint=SET_UP.format("ffmpeg"),
            id="generator.W002",
        )
    ]


@register
def check_soundfont_file(app_configs, **kwargs):
    try:
        check_soundfont(settings.SOUNDFONT)
    except AudioError as problem:
        return [
            Warning(
                f"{problem} FluidSynth would play silence.",
                hint="Run `make setup`, which links FluidR3_GM.sf2, or set SOUNDFONT to a file.",
                id="generator.W003",
            )
        ]
    return []


@register
def check_weights(app_configs, **kwargs):
    folders = (Path(settings.MODELS_ROOT), WEIGHTS)
    if any(folder.is_dir() and any(folder.glob("*.keras")) for folder in folders):
        return []
    return [
        Warning(
            "There is no trained model: nothing can be composed.",
            hint="Restore ml/weights/ from the repository, or train one: `python -m ml train`.",
            id="generator.W004",
        )
    ]
