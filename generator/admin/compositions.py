"""Pieces, for staff."""

from django.contrib import admin, messages
from django.utils.html import format_html

from generator.jobs import enqueue
from generator.models import Composition, QuotaError


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
