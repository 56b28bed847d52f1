"""What staff look after, for bench/stage.py: models, music, trainings, auditions, people."""

import uuid
from datetime import timedelta

SUMMARY = {
    "files": 1203, "others": 1, "missing": 2, "bad": 2, "duplicates": 1,
    "pieces": {"train": 960, "validation": 137, "test": 104},
    "notes": {"train": 5_660_000, "validation": 639_425, "test": 741_000},
    "hours": 198.7, "works": 853,
    "composers": [["Frédéric Chopin", 201], ["Franz Schubert", 186], ["", 2]],
    "composers_count": 2, "split_by": "by its csv", "on_both_sides": 3,
}  # fmt: skip
BAD_FILES = [
    ["2004/MIDI-Unprocessed_01.midi", "It has no notes."],
    ["2009/a_very_long_name_of_a_file_that_somebody_has_recorded_07_R1_wav--2.midi",
     "It is no MIDI file: it begins with “RIFF”."],
]  # fmt: skip
COPIES = [["2008/06.midi", "2006/MIDI-Unprocessed_22_R2_2006_01.midi"]]
WORDS = {
    "source": "maestro-v3.0.0-midi.zip", "licence": "CC BY-NC-SA 4.0",
    "url": "https://magenta.tensorflow.org/datasets/maestro",
    "attribution": "Hawthorne et al., the MAESTRO dataset, ICLR 2019.",
}  # fmt: skip
NO_MUSIC = "None of the files could be read: the ZIP holds pictures alone."
NO_MEMORY = "The training needed more memory than the 6 GB it may have."
TRAINING = {
    "what": "Training", "share": 0.62, "step": 1840, "epoch": 2, "epochs": 3, "batch": 640,
    "batches": 1200, "notes": 4_712_000, "notes_per_second": 1932, "seconds": 8220,
    "seconds_left": 5040,
    "train": {"shift": 3.02, "key": 2.61, "velocity": 2.11}, "train_nats": 7.74,
}  # fmt: skip


def furnish_studio(stage):
    """Add to `stage.addresses` the pages of staff, of which Gwen is one with every right."""
    from django.contrib.auth.models import Permission

    stage.invite("gwen", is_staff=True, is_superuser=True)
    listener = stage.invite("hugo", is_staff=True)  # who may look, and change nothing
    seen = Permission.objects.filter(codename__startswith="view_")
    listener.user_permissions.set(seen)
    models = furnish_models(stage)
    sets = furnish_data_sets(stage)
    furnish_trainings(stage, models, sets)
    furnish_evaluations(stage, models, sets)
    furnish_auditions(stage, models)
    furnish_moderation(stage)


def keep(stage, name, row):
    """Remember the page on which staff change the row."""
    stage.addresses[f"{name} row"] = f"/admin/{row._meta.label_lower.replace('.', '/')}/{row.pk}/"
    return row


def furnish_models(stage):
    from generator.models import ModelStatus, TrainedModel

    concert = keep(stage, "model", stage.model)
    models = [concert]
    for name, status in (("Salon", ModelStatus.DRAFT), ("Tavern", ModelStatus.RETIRED)):
        models.append(
            TrainedModel.objects.create(
                name=name,
                file=f"{name.lower()}.keras",
                sha256=name[0] * 64,
                size=11_400_000,
                licence="CC0 1.0",
                training_data="41 walks by night",
                styles=concert.styles[:3],
                status=status,
            )
        )
        keep(stage, name, models[-1])
    return models


def furnish_data_sets(stage):
    from generator.models import DataSet, TaskStatus

    now = stage.now
    states = {
        "data set": {
            "name": "MAESTRO v3.0.0", "status": TaskStatus.DONE, "summary": SUMMARY,
            "bad_files": BAD_FILES, "duplicates": COPIES, "finished_at": now,
        },
        "data set checked": {
            "name": "Walks by night", "status": TaskStatus.RUNNING, "started_at": now,
            "heartbeat_at": now, "progress": {"what": "Reading file 370 of 1203", "share": 0.31},
        },
        "data set failed": {
            "name": "Holiday pictures", "status": TaskStatus.FAILED, "error": NO_MUSIC,
        },
        "data set waiting": {"name": "Late arrivals", "status": TaskStatus.QUEUED},
    }  # fmt: skip
    for name, state in states.items():
        keep(stage, name, DataSet.objects.create(**WORDS | state))
    return list(DataSet.objects.filter(status=TaskStatus.DONE))


def furnish_trainings(stage, models, sets):
    from generator.models import TaskStatus, TrainingRun

    now, history = stage.now, models[0].card["history"]
    states = {
        "training": {
            "status": TaskStatus.RUNNING, "progress": TRAINING, "history": history[:12],
            "started_at": now - timedelta(minutes=41), "heartbeat_at": now,
        },
        "training done": {
            "status": TaskStatus.DONE, "history": history, "finished_at": now,
            "started_at": now - timedelta(hours=9),
        },
        "training failed": {"status": TaskStatus.FAILED, "error": NO_MEMORY, "base": models[1]},
        "training stopped": {
            "status": TaskStatus.STOPPED, "history": history[:3], "progress": TRAINING,
        },
        "training waiting": {"status": TaskStatus.QUEUED},
    }  # fmt: skip
    for name, state in states.items():
        wish = {"name": f"Evening, {name}", "data_set": sets[0]}
        keep(stage, name, TrainingRun.objects.create(**wish | state))


def furnish_evaluations(stage, models, sets):
    from generator.models import Evaluation, TaskStatus
    from ml.reading import tables

    report, now = models[0].card["figures"], stage.now
    states = {
        "evaluation": {
            "status": TaskStatus.DONE, "report": report, "tables": tables(report),
            "finished_at": now,
        },
        "evaluation running": {
            "status": TaskStatus.RUNNING, "started_at": now, "heartbeat_at": now,
            "progress": {"what": "Composing", "share": 0.48},
        },
        "evaluation failed": {"status": TaskStatus.FAILED, "error": NO_MEMORY},
    }  # fmt: skip
    for name, state in states.items():
        wish = {"model": models[0], "data_set": sets[0]}
        keep(stage, name, Evaluation.objects.create(**wish | state))


def furnish_auditions(stage, models):
    """One to vote on, one whose names are shown, one still in the making."""
    from generator.models import Audition

    gwen = stage.person("gwen")

    def ask(name, **wish):
        wish = {"first_seed": 100, "seconds": 30} | wish
        asked = Audition.objects.request(gwen, uuid.uuid4(), models[:2], **wish)
        return keep(stage, name, asked)

    for name, wish in (("audition", {}), ("audition seen", {"is_blind": False, "style": "chopin"})):
        for piece in ask(name, **wish).pieces.all():
            piece.status = "ready"
            stage.finish(piece, stage.some_notes(30), 30)
    seen = Audition.objects.get(is_blind=False)
    for seed, liked in zip(seen.seeds, (*models[:2], None), strict=False):
        seen.vote(gwen, seed, liked)
    ask("audition waiting", first_seed=200)


def furnish_moderation(stage):
    from axes.models import AccessAttempt

    hidden = stage.piece("hidden", "alice", title="The same four bars")
    hidden.hidden_at, hidden.hidden_reason = stage.now, "It is somebody else's recording."
    hidden.save(update_fields=["hidden_at", "hidden_reason"])
    keep(stage, "hidden piece", hidden)
    keep(stage, "piece", stage.pieces["full"])
    keep(stage, "broken piece", stage.pieces["failed"])
    keep(stage, "member", stage.person("alice"))
    blocked = stage.invite("ivan", is_active=False, blocked_reason="Asked for 900 pieces an hour.")
    keep(stage, "blocked member", blocked)
    AccessAttempt.objects.create(
        username="zoe", ip_address="203.0.113.9", failures_since_start=20, path_info="/",
        user_agent="Mozilla/5.0", http_accept="*/*", get_data="", post_data="",
    )  # fmt: skip
