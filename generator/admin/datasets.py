"""Music to learn from, for staff: brought in, checked, described."""

import tempfile
import zipfile
from pathlib import Path

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import ProtectedError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html

from generator import datasets, tasks, uploads
from generator.admin.evaluations import last_words
from generator.admin.staff import TaskAdmin
from generator.models import DataSet

LICENCES = [
    "CC0 1.0",
    "Public domain",
    "CC BY 4.0",
    "CC BY-SA 4.0",
    "CC BY-SA 3.0 DE",
    "CC BY-NC 4.0",
    "CC BY-NC-SA 4.0",
    "Our own",
]
KEPT_WORDS = ("name", "licence", "attribution", "url")
SPLIT_WORDS = {"train": "To learn from", "validation": "To validate by", "test": "Kept for a test"}


class WordsForm(forms.ModelForm):
    url = forms.URLField(
        required=False,
        max_length=200,
        assume_scheme="https",
        label="Address",
        help_text="Where the music is from, if it is from the web.",
        widget=forms.URLInput(attrs={"class": "vURLField"}),
    )

    class Meta:
        model = DataSet
        fields = KEPT_WORDS
        widgets = {
            "name": forms.TextInput(attrs={"class": "vTextField"}),
            "licence": forms.TextInput(attrs={"list": "licences", "class": "vTextField"}),
            "attribution": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        }
        help_texts = {
            "licence": "Of the music; a model that learns from it is bound by it as well.",
            "attribution": "Whom to credit, as the licence asks for: it goes with every model.",
        }


class BringForm(WordsForm):
    """Asks for a ZIP or for a folder of the server, and for one of them only."""

    archive = forms.FileField(required=False, label="ZIP of MIDI files")
    server_folder = forms.CharField(required=False, label="Or a folder of the server")

    class Meta(WordsForm.Meta):
        fields = (*KEPT_WORDS, "server_folder")

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.fields["archive"].help_text = (
            f"Up to {settings.MOST_ARCHIVE} MB. A csv like MAESTRO's or piano-midi.de's may tell "
            "composers, titles and the split; without one, the names of the files do."
        )
        folder, offered = self.fields["server_folder"], datasets.offered_folders()
        folder.widget = forms.Select(choices=[("", "None"), *offered])
        folder.help_text = "Folders with music below those that DATA_FOLDERS names."
        if not offered:
            folder.help_text = "There are none: DATA_FOLDERS names no folder with music."
        elif len(offered) == datasets.MOST_FOLDERS:
            folder.help_text += f" Only the first {len(offered)} are listed."

    def clean_archive(self):
        file = self.cleaned_data["archive"]
        if file is None:
            return None
        if problem := getattr(file, "problem", ""):
            raise forms.ValidationError(problem)
        if not zipfile.is_zipfile(file):
            raise forms.ValidationError("This is not a ZIP file, or it is damaged.")
        return file

    def clean_server_folder(self):
        name = self.cleaned_data["server_folder"]
        if name and not datasets.is_allowed(Path(name)):
            raise forms.ValidationError(
                "This is no folder of the server, or not one below those that DATA_FOLDERS names."
            )
        return str(Path(name).resolve()) if name else ""

    def clean(self):
        wanted = super().clean()
        if {"archive", "server_folder"} <= wanted.keys():
            if not (wanted["archive"] or wanted["server_folder"]):
                self.add_error("archive", "Choose a ZIP of MIDI files, or a folder of the server.")
            elif wanted["archive"] and wanted["server_folder"]:
                self.add_error("server_folder", "Choose either a ZIP or a folder, not both.")
        return wanted


@admin.register(DataSet)
class DataSetAdmin(TaskAdmin):
    change_form_template = "admin/studio/dataset.html"
    delete_confirmation_template = "admin/studio/dataset_delete.html"
    list_display = ["name", "status", "hours", "notes", "pieces", "bad", "licence", "created_at"]
    list_filter = ["status", "licence"]
    search_fields = ["name", "source", "attribution"]
    moves = TaskAdmin.moves | {"check-again": "check_again"}

    def lookup_allowed(self, lookup, value, request):
        """Filters are the listed ones: an address made by hand is no reason for an error page."""
        return lookup.split("__")[0] in self.list_filter

    def get_actions(self, request):
        return {}  # to delete many at once would hide why one is kept

    def get_form(self, request, obj=None, **options):
        return super().get_form(request, obj, **options | {"form": WordsForm if obj else BringForm})

    def get_fields(self, request, obj=None):
        return KEPT_WORDS if obj else (*KEPT_WORDS, "archive", "server_folder")

    def formfield_for_dbfield(self, db_field, request, **options):
        """As the forms here have them: the admin would put its own widgets in their place."""
        return db_field.formfield(**options)

    # The list.

    @admin.display(description="hours", ordering="summary__hours")
    def hours(self, data_set):
        return data_set.summary.get("hours", "–")

    @admin.display(description="notes")
    def notes(self, data_set):
        counts = data_set.summary.get("notes")
        return f"{sum(counts.values()):,}" if counts else "–"

    @admin.display(description="pieces")
    def pieces(self, data_set):
        return sum(data_set.summary.get("pieces", {}).values()) or "–"

    @admin.display(description="bad files", ordering="summary__bad")
    def bad(self, data_set):
        return data_set.summary.get("bad", "–")

    # Bringing it in.

    def add_view(self, request, form_url="", extra_context=None):
        """Keeps the ZIP beforehand: the rest is done in a transaction, in which others wait."""
        wanted = request.method == "POST" and self.has_add_permission(request)
        file = request.FILES.get("archive") if wanted else None
        if file is None:
            return super().add_view(request, form_url, extra_context)
        with tempfile.TemporaryDirectory(prefix="zip-", dir=uploads.scratch_root()) as scratch:
            request.kept = Path(scratch) / "upload.zip"
            try:
                uploads.save(file, request.kept)
            except ValueError as problem:
                file.problem = str(problem)
            return super().add_view(request, form_url, extra_context)

    def save_model(self, request, obj, form, change):
        if change:
            obj.save(update_fields=form.changed_data)  # a worker may be writing the rest
            return
        file = form.cleaned_data["archive"]
        obj.created_by = request.user
        obj.source = file.name if file else datasets.called(Path(obj.server_folder))
        obj.source = obj.source[-DataSet._meta.get_field("source").max_length :]
        obj.save()
        if file:
            obj.folder.mkdir(parents=True, exist_ok=True)
            request.kept.replace(obj.upload)
        tasks.enqueue(obj)

    def response_add(self, request, obj, post_url_continue=None):
        messages.success(request, "It is being checked. This page tells how far that is.")
        return redirect(self.url_of(obj))

    # The page.

    def render_change_form(self, request, context, *arguments, **options):
        context |= {
            "licences": LICENCES,
            "show_save_and_continue": False,
            "show_save_and_add_another": False,
        }
        return super().render_change_form(request, context, *arguments, **options)

    def context_of(self, request, data_set):
        summary = data_set.summary
        return super().context_of(request, data_set) | {
            "data_set": data_set,
            "splits": [
                (words, f"{summary['pieces'][split]:,}", f"{summary['notes'][split]:,}")
                for split, words in SPLIT_WORDS.items()
                if split in summary.get("pieces", {})
            ],
            "log": last_words(data_set) if data_set.is_failed else "",
            "studio_links": self.links(request, data_set),
        }

    def links(self, request, data_set):
        if not (data_set.is_done and self.has_change_permission(request)):
            return []
        kinds = [("trainingrun", "Train on it"), ("evaluation", "Measure a model on it")]
        return [
            (reverse(f"admin:generator_{kind}_add", query={"data_set": data_set.pk}), words)
            for kind, words in kinds
        ]

    def offered(self, data_set):
        words = super().offered(data_set)
        if data_set.is_done and data_set.server_folder:
            words["check-again"] = "Check again"
        return words

    def check_again(self, request, data_set):
        if not data_set.server_folder:
            raise ValueError("Its ZIP is gone once it is checked: add it as another data set.")
        if not data_set.check_again():
            raise ValueError(
                "It can be checked again once it is done, and once no training and no evaluation "
                "that has not come to its end uses it."
            )
        tasks.enqueue(data_set)
        return "It is being checked again."

    # Deleting.

    def get_deleted_objects(self, objs, request):
        """What would go, and why it may not."""
        data_sets = list(objs)
        kept = [
            format_html('<a href="{}">{}</a>: {}', self.url_of(data_set), data_set, reason)
            for data_set in data_sets
            for reason in data_set.uses()
        ]
        return [str(data_set) for data_set in data_sets], {"data sets": 1}, set(), kept

    def delete_view(self, request, object_id, extra_context=None):
        try:
            return super().delete_view(request, object_id, extra_context)
        except ProtectedError:  # its log entry is undone too
            messages.error(request, "Nothing was deleted: it has come into use meanwhile.")
            return redirect(request.path)

    def delete_model(self, request, obj):
        obj.delete_with_folder()
