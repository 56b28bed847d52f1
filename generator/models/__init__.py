"""The records of the generator, and all that the gallery may know of it."""

from generator.models.auditions import SEEDS, Audition, Vote
from generator.models.beginnings import (
    LONGEST_TAKEOVER,
    MOST_UNUSED,
    SHORTEST_TAKEOVER,
    Beginning,
    BeginningsError,
)
from generator.models.compositions import (
    ANY_LEVEL,
    ANY_STYLE,
    COLDEST,
    DEFAULT_SECONDS,
    HIGHEST_LEVEL,
    HOTTEST,
    LARGEST_SEED,
    LONGEST_SECONDS,
    MOST_DEATHS,
    SHORTEST_SECONDS,
    Composition,
)
from generator.models.datasets import DataSet
from generator.models.evaluations import Evaluation
from generator.models.queries import (
    KEPT_IN_BIN,
    MOST_TAKES,
    RUNNING,
    SILENT_AFTER,
    STOPPED,
    UNFINISHED,
    QuotaError,
    Status,
    Visibility,
)
from generator.models.renditions import (
    MOST_WAVS,
    WAV_KEPT,
    Kind,
    Rendition,
    RenditionStatus,
    TooManyWavsError,
)
from generator.models.runs import LONGEST_MINUTES, MOST_EPOCHS, TrainingRun
from generator.models.tasks import Task, TaskStatus
from generator.models.trained import ModelStatus, TrainedModel
from generator.titles import LineField, ParagraphsField

__all__ = [
    "ANY_LEVEL",
    "ANY_STYLE",
    "COLDEST",
    "DEFAULT_SECONDS",
    "HIGHEST_LEVEL",
    "HOTTEST",
    "KEPT_IN_BIN",
    "LARGEST_SEED",
    "LONGEST_MINUTES",
    "LONGEST_SECONDS",
    "LONGEST_TAKEOVER",
    "MOST_DEATHS",
    "MOST_EPOCHS",
    "MOST_TAKES",
    "MOST_UNUSED",
    "MOST_WAVS",
    "RUNNING",
    "SEEDS",
    "SHORTEST_SECONDS",
    "SHORTEST_TAKEOVER",
    "SILENT_AFTER",
    "STOPPED",
    "UNFINISHED",
    "WAV_KEPT",
    "Audition",
    "Beginning",
    "BeginningsError",
    "Composition",
    "DataSet",
    "Evaluation",
    "Kind",
    "LineField",
    "ModelStatus",
    "ParagraphsField",
    "QuotaError",
    "Rendition",
    "RenditionStatus",
    "Status",
    "Task",
    "TaskStatus",
    "TooManyWavsError",
    "TrainedModel",
    "TrainingRun",
    "Visibility",
    "Vote",
]
