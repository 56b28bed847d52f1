"""Models, for staff."""

from django.contrib import admin
from django.utils.html import format_html_join

from generator.admin.staff import StudioAdmin
from generator.models import TrainedModel


def in_words(figure):
    """A figure of a card, or several under one name."""
    if isinstance(figure, dict):
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figure.items())
    return figure


@admin.register(TrainedModel)
class TrainedModelAdmin(StudioAdmin):
    """Models come by `manage.py register_models`; here they are named, offered and withdrawn."""

    list_display = [
        "name",
        "file_name",
        "status",
        "is_default",
        "nats_per_note",
        "licence",
        "training_data",
    ]
    list_filter = ["status", "licence"]
    search_fields = ["name", "training_data", "sha256"]
    moves = {"activate": "activate", "retire": "retire", "default": "make_default"}
    fields = [
        ("name", "status", "is_default"),
        ("licence", "training_data"),
        "credit",
        "file_name",
        "sha256",
        "known_styles",
        "measured",
        "created_at",
    ]
    readonly_fields = [
        "status",
        "is_default",
        "file_name",
        "sha256",
        "known_styles",
        "measured",
        "created_at",
    ]

    def lookup_allowed(self, lookup, value, request):
        """Filters are the listed ones: an address made by hand is no reason for an error page."""
        return lookup.split("__")[0] in self.list_filter

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False  # pieces name their model for ever: deactivate it

    @admin.display(description="file")
    def file_name(self, model):
        return model.file.name

    @admin.display(description="styles")
    def known_styles(self, model):
        return ", ".join(name for slug, name in model.styles) or "–"

    @admin.display(description="nats per note")
    def nats_per_note(self, model):
        return model.figures.get("nats_per_note", "–")

    @admin.display(description="figures")
    def measured(self, model):
        rows = ((name.replace("_", " "), in_words(value)) for name, value in model.figures.items())
        return format_html_join("", "{}: {}<br>", rows) or "–"
