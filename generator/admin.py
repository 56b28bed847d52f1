from django import forms
from django.contrib import admin, messages
from django.utils.html import format_html, format_html_join

from generator.jobs import enqueue
from generator.models import Composition, QuotaError, TrainedModel


class InBinFilter(admin.SimpleListFilter):
    title = "bin"
    parameter_name = "bin"

    def lookups(self, request, model_admin):
        return [("in", "In the bin"), ("out", "Not in the bin")]

    def queryset(self, request, queryset):
        if self.value() not in ("in", "out"):
            return queryset
        return queryset.filter(deleted_at__isnull=self.value() == "out")


@admin.register(Composition)
class CompositionAdmin(admin.ModelAdmin):
    list_display = [
        "title",
        "owner",
        "status",
        "percent",
        "model",
        "style",
        "requested_duration",
        "visibility",
        "created_at",
        "error",
    ]
    list_filter = ["status", "visibility", "style", "model", "created_at", InBinFilter]
    list_select_related = ["owner", "model"]
    search_fields = ["title", "owner__username", "owner__email", "id", "seed"]
    date_hierarchy = "created_at"
    actions = ["retry", "cancel"]
    fields = [
        ("title", "visibility"),
        ("id", "owner", "page", "deleted_at"),
        "description",
        ("status", "percent", "error"),
        ("attempt", "deaths"),
        ("model", "style", "requested_duration", "temperature", "energy", "loudness", "seed"),
        ("take", "request_key", "goes_on_from", "takeover"),
        ("created_at", "queued_at", "started_at", "heartbeat_at", "finished_at"),
        ("duration", "note_count"),
        ("mp3_name", "midi_name"),
    ]

    def get_readonly_fields(self, request, obj=None):
        """All but the title and who may hear it: status moves by the model's own methods."""
        names = [name for row in self.fields for name in ([row] if isinstance(row, str) else row)]
        return [name for name in names if name not in ("title", "visibility", "description")]

    def get_queryset(self, request):
        """Without the notes so far, which are long and change all the time."""
        return super().get_queryset(request).defer("draft")

    def has_add_permission(self, request):
        return False  # a piece is asked for on the site

    @admin.display(description="done", ordering="progress")
    def percent(self, composition):
        return f"{composition.progress:.0%}"

    @admin.display(description="page")
    def page(self, composition):
        """For what the gallery shows: a private piece does not exist for staff either."""
        if not (composition.is_public and composition.is_ready):
            return "–"
        return format_html('<a href="{}">{}</a>', composition.get_absolute_url(), composition.title)

    @admin.display(description="goes on from")
    def goes_on_from(self, composition):
        """Not what it is called: music that somebody brought is their own affair."""
        if composition.takeover is None:
            return "–"
        if composition.beginning is None:
            return "music that is gone"
        return "another piece" if composition.beginning.source_id else "an uploaded file"

    # Names only: media has no public address.
    @admin.display(description="MP3")
    def mp3_name(self, composition):
        return composition.mp3.name or "–"

    @admin.display(description="MIDI")
    def midi_name(self, composition):
        return composition.midi.name or "–"

    def save_model(self, request, obj, form, change):
        obj.save(update_fields=form.changed_data)  # a worker may be writing the rest

    def delete_model(self, request, obj):
        obj.delete_with_files()

    def delete_queryset(self, request, queryset):
        Composition.objects.filter(pk__in=queryset.values("pk")).delete_with_files()

    @admin.action(description="Try the selected pieces again", permissions=["change"])
    def retry(self, request, queryset):
        moved = 0
        for composition in queryset.select_related("owner"):
            try:
                if composition.retry():
                    enqueue(composition)
                    moved += 1
            except QuotaError:
                messages.warning(
                    request, f"{composition.owner} has too many unfinished pieces: {composition}."
                )
        messages.success(request, f"{moved} of {len(queryset)} pieces are queued again.")

    @admin.action(description="Cancel the selected pieces", permissions=["change"])
    def cancel(self, request, queryset):
        moved = sum(composition.cancel() for composition in queryset)
        messages.success(request, f"{moved} of {len(queryset)} pieces are cancelled.")


def in_words(figure):
    """A figure of a card, or several under one name."""
    if isinstance(figure, dict):
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figure.items())
    return figure


class TrainedModelForm(forms.ModelForm):
    def clean_is_active(self):
        is_active = self.cleaned_data["is_active"]
        if self.instance.is_default and not is_active:
            raise forms.ValidationError("Make another model the default before this one goes.")
        return is_active


@admin.register(TrainedModel)
class TrainedModelAdmin(admin.ModelAdmin):
    """Models come by `manage.py register_models`; here they are named, offered and withdrawn."""

    form = TrainedModelForm
    list_display = [
        "name",
        "file_name",
        "is_active",
        "is_default",
        "nats_per_note",
        "licence",
        "training_data",
    ]
    list_filter = ["is_active", "licence"]
    search_fields = ["name", "training_data", "sha256"]
    actions = ["make_default", "activate", "deactivate"]
    fields = [
        ("name", "is_active", "is_default"),
        ("licence", "training_data"),
        "credit",
        "file_name",
        "sha256",
        "known_styles",
        "measured",
        "created_at",
    ]
    readonly_fields = [
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

    @admin.action(description="Make the selected model the default", permissions=["change"])
    def make_default(self, request, queryset):
        if len(queryset) != 1:
            messages.error(request, "Select one model to be the default.")
            return
        model = queryset[0]
        model.make_default()
        messages.success(request, f"{model} composes now when nobody chooses.")

    @admin.action(description="Offer the selected models", permissions=["change"])
    def activate(self, request, queryset):
        messages.success(request, f"{queryset.update(is_active=True)} models are offered.")

    @admin.action(description="Offer the selected models no longer", permissions=["change"])
    def deactivate(self, request, queryset):
        withdrawn = queryset.filter(is_default=False).update(is_active=False)
        messages.success(request, f"{withdrawn} models are no longer offered.")
        if queryset.filter(is_default=True).exists():
            messages.error(request, "The default model stays: make another one the default first.")
