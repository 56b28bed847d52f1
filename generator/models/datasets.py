"""Music to learn from: MIDI files that staff brought, checked and summarised."""

import shutil

from django.db import models, transaction
from django.utils import timezone

from generator.models.tasks import Task, TaskStatus


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
    # What `python -m ml prepare --report` tells (ml/findings.py), with lists cut short, and counts
    # of them; see generator/datasets.py.
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

    def uses(self):
        """What forbids to delete it, a sentence each. Two queries."""
        reasons = ["It is being checked: stop that first."] * self.is_unfinished
        for rows, word, why in (
            (self.runs, "training", "learnt from it: delete them first"),
            (self.evaluations, "evaluation", "measured by it: delete them first"),
        ):
            if number := rows.count():
                reasons.append(f"{number} {word}{'' if number == 1 else 's'} {why}.")
        return reasons

    def check_again(self):
        """Queue it again though it is done. False: it is not, its files are gone, or music that a
        training may go on with would change under it.
        """
        if not self.server_folder or self.runs.exclude(status=TaskStatus.DONE).exists():
            return False
        if self.evaluations.unfinished().exists():
            return False
        return self._requeue(self._rows(status=TaskStatus.DONE), deaths=0, queued_at=timezone.now())

    def delete_with_folder(self):
        """Delete the row, and its files once that is committed. Raises ProtectedError: it is used.

        See `uses` for what to tell people beforehand.
        """
        folder = self.folder
        with transaction.atomic():
            self.delete()
            transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True), robust=True)
