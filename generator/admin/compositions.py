"""Pieces, for staff."""

from django.contrib import admin, messages
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from generator.admin.moderation import ModeratedAdmin
from generator.jobs import enqueue
from generator.models import ANY_STYLE, Composition, QuotaError


class StyleFilter(admin.SimpleListFilter):
    title = parameter_name = "style"

    def lookups(self, request, model_admin):
        styles = Composition.objects.order_by("style").values_list("style", flat=True).distinct()
        return [(style or ANY_STYLE, style or "free style") for style in styles]

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        return queryset.filter(style="" if self.value() == ANY_STYLE else self.value())


class InBinFilter(admin.SimpleListFilter):
    title = "bin"
    parameter_name = "bin"

    def lookups(self, request, model_admin):
        return [("in", "In the bin"), ("out", "Not in the bin")]

    def queryset(self, request, queryset):
        if self.value() not in ("in", "out"):
            return queryset
        return queryset.filter(deleted_at__isnull=self.value() == "out")


class HiddenFilter(admin.SimpleListFilter):
    title = "whether staff have hidden it"
    parameter_name = "hidden"

    def lookups(self, request, model_admin):
        return [("yes", "Hidden"), ("no", "Not hidden")]

    def queryset(self, request, queryset):
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(hidden_at__isnull=self.value() == "no")


@admin.register(Composition)
class CompositionAdmin(ModeratedAdmin):
    step = ("hide", "Hide from everybody but the owner", "Hidden")
    step_back = ("show", "Show it again", "Shown again")
    explanation = (
        "Its owner reads this. For everybody else the piece is gone at once: its page, its files, "
        "and every list and feed."
    )
    list_display = [
        "title",
        "owner",
        "status",
        "percent",
        "model",
        "style",
        "requested_duration",
        "visibility",
        "is_shown",
        "created_at",
        "error",
    ]
    list_filter = [
        "status",
        "visibility",
        StyleFilter,
        "model",
        "created_at",
        InBinFilter,
        HiddenFilter,
    ]
    list_select_related = ["owner", "model"]
    search_fields = ["title", "owner__username", "owner__email", "id", "seed"]
    date_hierarchy = "created_at"
    actions = ["retry", "cancel", "hide"]
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
        """All but its words. Who may hear it is its owner's to say; staff can hide it."""
        names = [name for row in self.fields for name in ([row] if isinstance(row, str) else row)]
        return [name for name in names if name not in ("title", "description")]

    def get_queryset(self, request):
        """Without the notes so far, which are long and change all the time."""
        return super().get_queryset(request).defer("draft", "model__card")

    def has_add_permission(self, request):
        return False  # a piece is asked for on the site

    @admin.display(description="done", ordering="progress")
    def percent(self, composition):
        return f"{composition.progress:.0%}"

    @admin.display(description="page")
    def page(self, composition):
        """For what is shared: a private piece does not exist for staff either."""
        if composition.deleted_at or not composition.is_shared:
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

    @admin.display(description="shown", boolean=True)
    def is_shown(self, composition):
        """What staff have hidden stands out among the rest, where the question makes sense."""
        return not composition.is_hidden if composition.is_shared else None

    # Names only: media has no public address.
    @admin.display(description="MP3")
    def mp3_name(self, composition):
        return composition.mp3.name or "–"

    @admin.display(description="MIDI")
    def midi_name(self, composition):
        return composition.midi.name or "–"

    def save_model(self, request, obj, form, change):
        if "title" in form.changed_data:
            obj.rename(obj.title)
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
                    self.log_change(request, composition, "Queued again.")
                    moved += 1
            except QuotaError:
                messages.warning(
                    request, f"{composition.owner} has too many unfinished pieces: {composition}."
                )
        messages.success(request, f"{moved} of {len(queryset)} pieces are queued again.")

    @admin.action(description="Cancel the selected pieces", permissions=["change"])
    def cancel(self, request, queryset):
        cancelled = [composition for composition in queryset if composition.cancel()]
        for composition in cancelled:
            self.log_change(request, composition, "Cancelled.")
        messages.success(request, f"{len(cancelled)} of {len(queryset)} pieces are cancelled.")

    # Hiding.

    @admin.action(description="Hide the selected pieces", permissions=["change"])
    def hide(self, request, queryset):
        can_be = [piece for piece in queryset if piece.is_shared and not piece.is_hidden]
        left = len(queryset) - len(can_be)
        if left and "reason" not in request.POST:
            messages.warning(
                request,
                f"{left} of {len(queryset)} pieces are left alone: nobody else sees them as it is.",
            )
        return self.step_in_at(request, can_be, action="hide") if can_be else None

    def obstacle(self, request, obj):
        if obj.is_shared or obj.is_hidden:
            return ""
        return "Only a finished piece that its owner shares can be hidden: no other one is seen."

    def is_stopped(self, obj):
        return obj.is_hidden

    def step_in(self, obj, reason):
        return obj.hide(reason)

    def take_back(self, obj):
        return obj.unhide()

    def state_of(self, obj):
        since = date_format(timezone.localtime(obj.hidden_at), "j F Y, H:i")
        words = f"Since {since} nobody hears it but its owner, who reads this reason, and you."
        return {"title": "Hidden", "words": words, "reason": obj.hidden_reason}
