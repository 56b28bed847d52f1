"""Music to learn from: MIDI files that staff brought, checked and summarised."""

from django.db import models

from generator.models.tasks import Task


class DataSet(Task):
    queue = "studio"
    function = "generator.datasets.check"
    folder_name = "data-sets"

    name = models.CharField(max_length=80, unique=True)
    source = models.CharField(max_length=300)  # where the files are from: a ZIP's name, a folder
    server_folder = models.CharField(
        max_length=500, blank=True, help_text="A folder below one of DATA_FOLDERS; empty: a ZIP."
    )
    licence = models.CharField(max_length=120, help_text="Licence of the music.")
    attribution = models.TextField(help_text="Whom to credit, as the licence asks for.")
    url = models.URLField(blank=True, help_text="Where the music is from.")
    # {"files": n, "pieces": {split: n}, "notes": {split: n}, "hours": x, "works": n,
    #  "composers": [[name, pieces], …], "split_by": words}
    summary = models.JSONField(default=dict, editable=False)
    bad_files = models.JSONField(default=list, editable=False)  # [[name, reason], …]
    duplicates = models.JSONField(default=list, editable=False)  # [[name, name it equals], …]

    class Meta:
        ordering = ["name"]
        verbose_name = "data set"

    def __str__(self):
        return self.name

    @property
    def upload(self):
        """The ZIP as it came; gone once it is checked."""
        return self.folder / "upload.zip"

    @property
    def corpus(self):
        """What `python -m ml prepare` makes of the files: all that training needs."""
        return self.folder / "corpus.npz"
