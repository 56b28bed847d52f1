"""Trainings, for staff: asking for one, watching it, what came of it."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminRadioSelect
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import FileResponse, Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from generator import curves, tasks
from generator.admin.staff import TaskAdmin
from generator.models import DataSet, TaskStatus, TrainedModel, TrainingRun

SIZES = [
    (96, "Small, 96 units: learns fastest, and is enough to try things out"),
    (192, "Medium, 192 units: for an evening's training"),
    (384, "Large, 384 units, as the models that come with Nocturne: for a night or more"),
]
FEWEST_UNITS, MOST_UNITS = 8, 1024
FEW_BUTTONS = {
    "show_save": False,  # of a training that was asked for nothing is changed
    "show_save_and_continue": False,
    "show_save_and_add_another": False,
}
LOG_END = 4000  # bytes of it that the page shows
LIVE_LINES = 8  # of them while it runs: the page comes anew, and nobody could scroll in peace


class RunForm(forms.ModelForm):
    """What is to be trained, on what, and for how long."""

    size = forms.ChoiceField(
        choices=[*SIZES, ("", "Another number of units:")],
        widget=AdminRadioSelect(attrs={"class": "radiolist"}),
        initial=192,
        required=False,
        help_text="Twice the units take about half as long again for the same music. A fine-tuning "
        "keeps the size of its model.",
    )
    units = forms.IntegerField(
        required=False,
        validators=[MinValueValidator(FEWEST_UNITS), MaxValueValidator(MOST_UNITS)],
        help_text=f"{FEWEST_UNITS} to {MOST_UNITS}, of each of the two LSTM layers; "
        "only for another size.",
    )

    class Meta:
        model = TrainingRun
        fields = ["name", "data_set", "base", "minutes", "epochs", "seed"]
        labels = {"base": "Go on from", "minutes": "Minutes at most", "epochs": "Epochs at most"}
        help_texts = {
            "data_set": "One that is checked. Its licence becomes the model's.",
            "base": "A model to fine-tune; none: begin anew. The new model is under the licences "
            "of both, and its card credits both.",
            "minutes": "Of training; time between a stop and a resumption does not count. "
            "1440 are a day.",
            "epochs": "Passes through the music, if they end sooner; empty: until time is up.",
            "seed": "Another one gives other weights from the same music.",
        }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if "data_set" in self.fields:
            ready = DataSet.objects.filter(status=TaskStatus.DONE)
            self.fields["data_set"].queryset = ready
            self.fields["base"].empty_label = "Nothing: begin anew"

    def clean_data_set(self):
        music = self.cleaned_data["data_set"]
        pieces = music.summary.get("pieces", {})
        if not all(pieces.get(side) for side in ("train", "validation")):
            raise forms.ValidationError(
                "This is too little music: there are no pieces to learn from, or no others to "
                "validate by."
            )
        return music

    def clean(self):
        wanted = super().clean()
        base, size = wanted.get("base"), wanted.get("size")
        if base:
            units = base.card.get("architecture", {}).get("units")
            wanted["units"] = units if isinstance(units, int) else self.instance.units
        elif size:
            wanted["units"] = int(size)
        elif not wanted.get("units") and "units" not in self.errors:
            self.add_error("units", "Choose a size, or say how many units.")
        return wanted


@admin.register(TrainingRun)
class TrainingRunAdmin(TaskAdmin):
    """A training is asked for, watched, stopped and resumed, but not changed."""

    change_form_template = "admin/studio/run.html"
    state_template = "admin/studio/_run.html"
    delete_confirmation_template = "admin/studio/run_delete.html"
    delete_selected_confirmation_template = "admin/studio/runs_delete.html"
    list_display = ["name", "status", "percent", "data_set", "base", "units", "best", "created_at"]
    list_filter = ["status", "data_set"]
    list_select_related = ["data_set", "base"]
    search_fields = ["name", "data_set__name"]
    asked = [
        (None, {"fields": ["name", "data_set", "base"]}),
        ("How large", {"fields": ["size", "units"]}),
        ("How long", {"fields": ["minutes", "epochs", "seed"]}),
    ]
    fields = [
        "data_set",
        "base",
        "units",
        "minutes",
        "epochs",
        "seed",
        "created_by",
        "created_at",
        "started_at",
        "finished_at",
    ]

    def lookup_allowed(self, lookup, value, request):
        """Of the filters' own links: others, made by hand, can be errors of the database."""
        field, _, kind = lookup.partition("__")
        return field in self.list_filter and kind in ("", "exact", "id__exact")

    def get_urls(self):
        log = self.guarded(require_safe(self.log))
        return [path("<int:pk>/log/", log, name=self.url_name("log")), *super().get_urls()]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("data_set", "base", "created_by")

    def get_form(self, request, obj=None, **options):
        return super().get_form(request, obj, **options | ({} if obj else {"form": RunForm}))

    def get_fieldsets(self, request, obj=None):
        return [(None, {"fields": self.fields})] if obj else self.asked

    def get_readonly_fields(self, request, obj=None):
        return self.fields if obj else []

    def formfield_for_dbfield(self, db_field, request, **options):
        """Without doors to other forms beside the choices."""
        field = super().formfield_for_dbfield(db_field, request, **options)
        for door in ("add", "change", "view", "delete"):
            setattr(field.widget, f"can_{door}_related", False)
        return field

    @admin.display(description="done")
    def percent(self, run):
        return f"{run.percent} %"

    @admin.display(description="best, nats per note")
    def best(self, run):
        found = [point["validation_nats"] for point in run.history]
        return f"{min(found):.2f}" if found else "–"

    def add_view(self, request, form_url="", extra_context=None):
        ready = DataSet.objects.filter(status=TaskStatus.DONE).exists()
        extra = {"is_ready": ready, **FEW_BUTTONS, "show_save": True}
        return super().add_view(request, form_url, extra | (extra_context or {}))

    def get_changeform_initial_data(self, request):
        """What another page proposes: ?data_set=, ?base=; and a name for it."""
        asked = {name: request.GET.get(name, "") for name in ("data_set", "base")}
        asked = {name: int(pk) for name, pk in asked.items() if pk.isdecimal() and len(pk) < 19}
        for kind, name in ((TrainedModel, "base"), (DataSet, "data_set")):
            proposed = kind.objects.filter(pk=asked.get(name)).first()
            if proposed:
                asked["name"] = proposed.name
        return asked

    def context_of(self, request, run):
        return super().context_of(request, run) | {
            "run": run,
            "models": run.models.order_by("created_at"),
            "log_url": reverse(f"admin:{self.url_name('log')}", args=[run.pk]),
            **FEW_BUTTONS,
        }

    def state_context(self, run):
        """The curve over epochs, where it is known how many notes one has."""
        epoch_notes = run.data_set.summary.get("notes", {}).get("train")
        return super().state_context(run) | {
            "facts": facts(run),
            "curves": curves.drawn(run.history, epoch_notes),
            "log": log_end(run),
        }

    def save_model(self, request, obj, form, change):
        if change:
            return  # there is nothing to change, and a worker may be writing the row
        obj.units, obj.created_by = form.cleaned_data["units"], request.user
        super().save_model(request, obj, form, change)
        tasks.enqueue(obj)

    def response_add(self, request, obj, post_url_continue=None):
        messages.success(request, "It is queued. This page tells how far it is.")
        return redirect(self.url_of(obj))

    def log(self, request, pk):
        """All that it said, as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = self.get_queryset(request).filter(pk=pk).first()
        if run is None or not run.log.exists():
            raise Http404("There is no log.")
        name = f"training-{run.pk}.log"
        return FileResponse(
            run.log.open("rb"), as_attachment=True, filename=name, content_type="text/plain"
        )

    # Deleting.

    def get_deleted_objects(self, objs, request):
        """In words, what goes; and what is not to be deleted yet."""
        busy = [f"{run} has not ended yet: stop it first." for run in objs if run.is_unfinished]
        doomed = [f"{run}: its curve, its log and its checkpoint" for run in objs]
        return doomed, {self.opts.verbose_name_plural: len(doomed)}, set(), busy

    def delete_queryset(self, request, queryset):
        for run in queryset:
            self.delete_model(request, run)


def facts(run: TrainingRun) -> list[tuple[str, str]]:
    """What its child told last, in words; nothing before its first step."""
    told = run.progress
    if not told.get("epoch"):
        return []
    epochs = f" of {told['epochs']}" if told["epochs"] else ""
    words = {
        "Epoch": f"{told['epoch']}{epochs}",
        "Batch": f"{told['batch']} of about {told['batches']}",
        "Heard": f"{told['notes']:,} notes",
        "Trained for": lasting(told["seconds"]),
    }
    if run.is_running:
        words["Time left"] = f"about {lasting(told['seconds_left'])}"
    words |= {f"Loss, {field}": f"{nats:.2f}" for field, nats in told["train"].items()}
    return list(words.items())


def lasting(seconds: float) -> str:
    """A length of time in two units at most."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def log_end(run: TrainingRun) -> str:
    """The last lines of what it said."""
    try:
        with run.log.open("rb") as file:
            file.seek(max(0, run.log.stat().st_size - LOG_END))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    lines = text.splitlines()[1 if len(text) >= LOG_END else 0 :]
    return "\n".join(lines[-LIVE_LINES:] if run.is_unfinished else lines)
