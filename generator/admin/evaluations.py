"""What models measure, for staff."""

from django import forms
from django.contrib import admin, messages
from django.shortcuts import redirect

from generator import tasks
from generator.admin.staff import TaskAdmin
from generator.models import DataSet, Evaluation, TaskStatus

LONGEST_LOG = 8000  # characters of it that are shown


class EvaluationForm(forms.ModelForm):
    class Meta:
        model = Evaluation
        fields = ["model", "data_set"]
        help_texts = {
            "model": "It composes pieces of a minute, which are held against what people play.",
            "data_set": "One that is checked. What it keeps for validation is to be foretold.",
        }

    def clean(self):
        wanted = super().clean()
        if {"model", "data_set"} <= wanted.keys():
            model, data_set = wanted["model"], wanted["data_set"]
            if Evaluation.objects.unfinished().filter(model=model, data_set=data_set).exists():
                raise forms.ValidationError("This is being measured already.")
        return wanted


@admin.register(Evaluation)
class EvaluationAdmin(TaskAdmin):
    """An evaluation is asked for, waited for, read and deleted, but not changed."""

    change_form_template = "admin/studio/evaluation.html"
    list_display = [
        "model",
        "data_set",
        "status",
        "nats_per_note",
        "likeness",
        "created_at",
    ]
    list_filter = ["status", "model", "data_set"]
    list_select_related = ["model", "data_set"]
    search_fields = ["model__name", "data_set__name"]
    fields = ["model", "data_set", "created_by", "created_at", "started_at", "finished_at"]

    def lookup_allowed(self, lookup, value, request):
        """Of the filters' own links: others, made by hand, can be errors of the database."""
        field, _, kind = lookup.partition("__")
        return field in self.list_filter and kind in ("exact", "id__exact")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("model__run", "data_set")

    def get_form(self, request, obj=None, **options):
        if obj is None:
            return super().get_form(request, obj, **options | {"form": EvaluationForm})
        return super().get_form(request, obj, **options)

    def get_fields(self, request, obj=None):
        return self.fields if obj else EvaluationForm.Meta.fields

    def get_readonly_fields(self, request, obj=None):
        return self.fields if obj else []

    def formfield_for_dbfield(self, db_field, request, **options):
        """Data sets that can be measured on; and no doors to other forms beside the choices."""
        if db_field.name == "data_set":
            options["queryset"] = DataSet.objects.filter(status=TaskStatus.DONE)
        field = super().formfield_for_dbfield(db_field, request, **options)
        for door in ("add", "change", "delete", "view"):
            setattr(field.widget, f"can_{door}_related", False)
        return field

    @admin.display(description="nats per note")
    def nats_per_note(self, evaluation):
        return evaluation.report.get("nats_per_note", "–")

    @admin.display(description="overlap with people")
    def likeness(self, evaluation):
        """And what people reach with each other, as far as it goes."""
        areas = (evaluation.report.get("overlap") or {}).get("mgeval")
        if not areas:
            return "–"
        return f"{areas['composed']['mean']:.2f} of {areas['people']['mean']:.2f}"

    def add_view(self, request, form_url="", extra_context=None):
        ready = DataSet.objects.filter(status=TaskStatus.DONE).exists()
        return super().add_view(request, form_url, {"is_ready": ready} | (extra_context or {}))

    def context_of(self, request, evaluation):
        return super().context_of(request, evaluation) | {
            "evaluation": evaluation,
            "log": last_words(evaluation) if evaluation.is_failed else "",
            "show_save": False,
            "show_save_and_continue": False,
            "show_save_and_add_another": False,
        }

    def save_model(self, request, obj, form, change):
        if change:
            return  # there is nothing to change, and a worker may be writing the row
        obj.created_by = request.user
        super().save_model(request, obj, form, change)
        tasks.enqueue(obj)

    def response_add(self, request, obj, post_url_continue=None):
        messages.success(request, "It is queued. This page tells how far it is.")
        return redirect(self.url_of(obj))


def last_words(evaluation: Evaluation) -> str:
    """The end of what the measuring said."""
    try:
        return (evaluation.folder / "log").read_text(errors="replace")[-LONGEST_LOG:]
    except FileNotFoundError:
        return ""
