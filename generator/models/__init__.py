"""The records of the generator, and all that the gallery may know of it."""

from generator.models.beginnings import (
    Beginning,
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
    Kind,
    Rendition,
    RenditionStatus,
)
from generator.models.trained import (
    TrainedModel,
)

__all__ = [
    "ANY_LEVEL",
    "ANY_STYLE",
    "COLDEST",
    "DEFAULT_SECONDS",
    "HIGHEST_LEVEL",
    "HOTTEST",
    "KEPT_IN_BIN",
    "LARGEST_SEED",
    "LONGEST_SECONDS",
    "MOST_DEATHS",
    "MOST_TAKES",
    "RUNNING",
    "SHORTEST_SECONDS",
    "SILENT_AFTER",
    "STOPPED",
    "UNFINISHED",
    "Beginning",
    "Composition",
    "Kind",
    "QuotaError",
    "Rendition",
    "RenditionStatus",
    "Status",
    "TrainedModel",
    "Visibility",
]
