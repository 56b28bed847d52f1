"""The files of a piece: where they lie, what they are called inside, and how they go."""

import uuid
from functools import partial
from pathlib import PurePath

from django.db import transaction

from generator import id3, storage


class PieceFiles:
    """What Composition can do with its files."""

    @property
    def folder(self):
        """Where the files of all attempts lie in the media storage."""
        return f"compositions/{self.pk}"

    def files(self):
        """The files that the row and its renditions name."""
        made = [file for rendition in self.renditions.all() for file in rendition.files()]
        return [file for file in (self.mp3, self.midi, self.notes) if file] + made

    def beside_notes(self, name):
        """Where something lies that is drawn from the notes, and goes with them: "cover.png"."""
        return f"{self.folder}/{PurePath(self.notes.name).stem}-{name}"

    def drew(self, file_name):
        """Whether a file in its folder is one that `beside_notes` names."""
        return bool(self.notes) and f"{self.folder}/{file_name}".startswith(self.beside_notes(""))

    def remove_files(self):
        """Delete the files that the row names, and what other attempts left in its folder."""
        names = {file.name for file in self.files()} | storage.list_folder(self.folder)
        storage.remove(names, self.folder)

    def rename(self, title):
        """Call it otherwise, in its files as well: the old title may be nobody's business.

        Title and MP3 change in one step; the score is written anew. Nothing if the piece is gone.
        Raises OSError if the MP3 cannot be written.
        """
        rows = type(self).objects
        while row := rows.filter(pk=self.pk).only("mp3").first():
            old = row.mp3.name
            new = self._copy_mp3(row.mp3, title) if old else ""
            with transaction.atomic():
                moved = rows.filter(pk=self.pk, mp3=old).update(title=title, mp3=new)
                if moved:
                    row.renditions.write_anew()
            if new != old:
                gone = partial(storage.remove, [old if moved else new], self.folder)
                transaction.on_commit(gone, robust=True)
            if moved:
                self.title, self.mp3 = title, new
                break
            # Somebody else renamed it meanwhile, a worker finished it, or it was deleted.

    def _copy_mp3(self, mp3, title):
        """The name of a copy with this title; the old one if its file is gone."""
        name = f"{self.folder}/{uuid.uuid4()}.mp3"
        with storage.scratch_folder(f"title-{self.pk}") as folder:
            path = folder / "piece.mp3"
            try:
                with mp3.storage.open(mp3.name) as source, path.open("wb") as target:
                    id3.retitle(source, target, title)
            except FileNotFoundError:
                return mp3.name
            storage.keep(path, name)
        return name
