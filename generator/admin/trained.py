"""Models, for staff: what they are, what they have done, and who is offered them."""

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch, ProtectedError
from django.http import FileResponse, Http404, JsonResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from generator import curves
from generator.admin import facts
from generator.admin.staff import StudioAdmin
from generator.admin.upload import Uploading
from generator.models import Composition, Status, TaskStatus, TrainedModel, Vote

LATEST = 5  # auditions and evaluations on a model's page
VOTES = ("blind", "with the names shown")
MEGABYTE = 1_000_000
USED_MEANWHILE = "Nothing was deleted: it has come into use meanwhile."


@admin.register(TrainedModel)
class TrainedModelAdmin(Uploading, StudioAdmin):
    """Models come by `manage.py register_models`, by a training here, or by an upload."""

    change_form_template = "admin/studio/model.html"
    delete_confirmation_template = "admin/studio/model_delete.html"
    delete_selected_confirmation_template = "admin/studio/models_delete.html"
    list_display = [
        "name",
        "state",
        "licence",
        "megabytes",
        "nats_per_note",
        "notes_per_second",
        "pieces_made",
        "failed_pieces",
    ]
    list_filter = ["status", "licence"]
    search_fields = ["name", "training_data", "credit", "sha256"]
    actions = ["delete_selected"]
    moves = {"activate": "activate", "retire": "retire", "default": "make_default"}
    fieldsets = [("Name and rights", {"fields": ["name", "licence", "training_data", "credit"]})]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("run").with_counts()

    def get_urls(self):
        files = {"weights": self.weights, "card": self.card}
        downloads = [
            path(f"<int:pk>/{name}/", self.guarded(require_safe(view)), name=self.url_name(name))
            for name, view in files.items()
        ]
        return downloads + super().get_urls()

    def lookup_allowed(self, lookup, value, request):
        """Filters are the listed ones: an address made by hand is no reason for an error page."""
        return lookup.split("__")[0] in self.list_filter

    # The list.

    @admin.display(description="status", ordering="status")
    def state(self, model):
        words = model.get_status_display()
        return f"{words}, default" if model.is_default else words

    @admin.display(description="MB", ordering="size")
    def megabytes(self, model):
        return f"{model.size / MEGABYTE:.1f}" if model.size else "–"

    @admin.display(description="nats/note", ordering="figures__nats_per_note")
    def nats_per_note(self, model):
        """On the music held out from its training: the lower, the better it foretells."""
        return figure(model, "nats_per_note", "{:.2f}")

    @admin.display(description="notes/s", ordering="figures__notes_per_second")
    def notes_per_second(self, model):
        return figure(model, "notes_per_second", "{:,.0f}")

    @admin.display(description="pieces", ordering="pieces")
    def pieces_made(self, model):
        return model.pieces

    @admin.display(description="failures", ordering="failures")
    def failed_pieces(self, model):
        return model.failures

    # The page.

    def context_of(self, request, model):
        card = model.card if isinstance(model.card, dict) else {}
        run = model.run
        run_url = reverse("admin:generator_trainingrun_change", args=[run.pk]) if run else ""
        measured = model.evaluations.filter(status=TaskStatus.DONE).exclude(tables=[])
        evaluation = measured.select_related("data_set").order_by("-finished_at").first()
        history = card.get("history")
        return {
            "model": model,
            "brief": self.brief(model),
            "facts": facts.facts_of(model, run_url),
            "curves": curves.drawn(
                history if isinstance(history, list) else [], facts.epoch_notes(card)
            ),
            "evaluation": evaluation,
            "tables": evaluation.tables if evaluation else facts.tables_of(card),
            "evaluations": model.evaluations.select_related("data_set")[:LATEST],
            "votes": dict(zip(VOTES, Vote.objects.tallies_of(model), strict=True)),
            "auditions": auditions_of(model, request.user),
            "studio_links": self.links(request, model),
            "show_save_and_add_another": False,
        }

    def brief(self, model):
        """The columns of the list, for one model."""
        return [
            ("Status", self.state(model)),
            ("Nats per note", self.nats_per_note(model)),
            ("Notes per second", self.notes_per_second(model)),
            ("Size", f"{self.megabytes(model)} MB"),
            ("Pieces made", model.pieces),
            ("Failures", model.failures),
        ]

    def links(self, request, model):
        asks = [
            ("audition", "candidates", "Audition"),
            ("evaluation", "model", "Evaluate"),
            ("trainingrun", "base", "Fine-tune"),
        ]
        links = [
            (reverse(f"admin:generator_{kind}_add", query={name: model.pk}), words)
            for kind, name, words in asks
            if self.has_change_permission(request)
        ]
        files = [("weights", "Download model"), ("card", "Download card")]
        return links + [(self.page_of(model, page), words) for page, words in files]

    def page_of(self, model, page):
        return reverse(f"admin:{self.url_name(page)}", args=[model.pk])

    def save_model(self, request, obj, form, change):
        obj.save(update_fields=form.changed_data)  # its status may move meanwhile

    # Moves.

    def offered(self, model):
        words = {} if model.is_active else {"activate": "Activate"}
        if model.is_active and not model.is_default:
            words["retire"] = "Retire"
        return words if model.is_default else words | {"default": "Make default"}

    def activate(self, request, model):
        model.check_file()
        if not model.activate():
            raise ValueError("It is offered to everybody already.")
        return f"“{model}” is offered to everybody now."

    def retire(self, request, model):
        if model.is_default:
            raise ValueError("It is the default: make another model the default first.")
        if not model.retire():
            raise ValueError("It is retired already.")
        return f"“{model}” is offered no longer. Its pieces stay."

    def make_default(self, request, model):
        model.check_file()
        model.make_default()
        return f"“{model}” composes now when nobody chooses."

    # Files.

    def weights(self, request, pk):
        """The `.keras` file, as `python -m ml` and another site's upload take it."""
        model = self.seen(request, pk)
        try:
            file = model.file.open("rb")
        except (OSError, ValueError):
            messages.error(request, f"The file {model.file.name} is not on the server.")
            return redirect(self.url_of(model))
        return FileResponse(file, as_attachment=True, filename=file_name(model, "keras"))

    def card(self, request, pk):
        model = self.seen(request, pk)
        answer = JsonResponse(card_of(model), json_dumps_params={"indent": 2})
        answer["Content-Disposition"] = f'attachment; filename="{file_name(model, "json")}"'
        return answer

    def seen(self, request, pk):
        if not self.has_view_permission(request):
            raise PermissionDenied
        model = self.get_queryset(request).filter(pk=pk).first()
        if model is None:
            raise Http404
        return model

    # Deleting.

    def get_deleted_objects(self, objs, request):
        """What would go, and why it may not: numbers, for pieces are people's own affair."""
        models = list(objs)
        kept = [
            format_html('<a href="{}">{}</a>: {}', self.url_of(model), model, reason)
            for model in models
            for reason in model.uses()
        ]
        counts = {"models": len(models), "files": len(models)}
        counts["evaluations"] = sum(model.evaluations.count() for model in models)
        return [str(model) for model in models], counts, set(), kept

    def delete_view(self, request, object_id, extra_context=None):
        try:
            return super().delete_view(request, object_id, extra_context)
        except ProtectedError:  # its log entry is undone too
            messages.error(request, USED_MEANWHILE)
            return redirect(request.path)

    @admin.action(description="Delete selected models", permissions=["delete"])
    def delete_selected(self, request, queryset):
        try:
            with transaction.atomic():
                return delete_selected(self, request, queryset)
        except ProtectedError:
            messages.error(request, USED_MEANWHILE)
            return None

    def delete_model(self, request, obj):
        obj.delete_with_file()

    def delete_queryset(self, request, queryset):
        for model in queryset:
            model.delete_with_file()


def figure(model, name, form):
    value = model.figures.get(name) if isinstance(model.figures, dict) else None
    return form.format(value) if curves.is_number(value) else "–"


def auditions_of(model, person):
    """The latest of which the person may know whose pieces are whose, with what this one played."""
    ready = Composition.objects.filter(model=model, status=Status.READY).defer("draft")
    played = Prefetch("pieces", ready.order_by("seed"), to_attr="played")
    return model.auditions.open_to(person).prefetch_related(played)[:LATEST]


def card_of(model):
    """The card as it came, with what staff have put better since; without tables made of it."""
    card = model.card if isinstance(model.card, dict) else {}
    now = {
        "name": model.name,
        "sha256": model.sha256,
        "bytes": model.size,
        "licence": model.licence,
        "training_data": model.training_data,
        "credit": model.credit,
    }
    figures = {"figures": card.get("figures", model.figures)}
    return {name: value for name, value in card.items() if name != "tables"} | now | figures


def file_name(model, ending):
    return f"{slugify(model.name) or 'model'}-{model.sha256[:8]}.{ending}"
