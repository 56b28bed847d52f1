"""Auditions, for staff: asking for one, hearing it, voting."""

import secrets
import uuid
from collections import Counter

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.text import get_text_list
from django.views.decorators.http import require_POST, require_safe

from generator import auditions
from generator.admin.staff import StudioAdmin
from generator.auditions import Sheet
from generator.models import SEEDS, Audition, Status, TrainedModel
from generator.models.auditions import (
    FEWEST_CANDIDATES,
    LARGEST_FIRST_SEED,
    LONGEST_SECONDS,
    MOST_CANDIDATES,
)
from generator.models.compositions import SHORTEST_SECONDS
from generator.titles import surname

ROWS = tuple(str(number) for number in range(1, SEEDS + 1))
STOP_ASKING = 286  # what tells htmx to poll no more


class AuditionForm(forms.Form):
    """What is to be auditioned. Sent as it opens, it is complete wherever there are two models."""

    candidates = forms.TypedMultipleChoiceField(
        label="Models",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=f"{FEWEST_CANDIDATES} to {MOST_CANDIDATES}, offered on the site or not.",
        error_messages={
            "required": "Choose two models at least.",
            "invalid_choice": "One of these models is gone. Choose again.",
        },
    )
    is_blind = forms.BooleanField(
        label="Blind",
        required=False,
        initial=True,
        help_text="Everybody sees letters instead of names until they have voted on every row.",
    )
    seconds = forms.IntegerField(
        label="Length in seconds",
        min_value=SHORTEST_SECONDS,
        max_value=LONGEST_SECONDS,
        initial=Audition._meta.get_field("seconds").default,
        help_text=f"Of each piece, from {SHORTEST_SECONDS} to {LONGEST_SECONDS}.",
    )
    style = forms.ChoiceField(
        required=False,
        help_text="One that all chosen models know.",
        error_messages={"invalid_choice": "No two models here know this style."},
    )
    first_seed = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=LARGEST_FIRST_SEED,
        help_text=f"The first of {SEEDS}; the others follow it. Empty: one is drawn.",
    )
    # A browser must not fill an old key into a new form: that would be the old request again.
    request_key = forms.CharField(
        required=False, widget=forms.HiddenInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args, preselected=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.models = {model.pk: model for model in TrainedModel.objects.all()}
        self.fields["candidates"].choices = [
            (pk, f"{model} ({'default' if model.is_default else model.status})")
            for pk, model in self.models.items()
        ]
        self.fields["candidates"].initial = self._likely(preselected)
        self.fields["request_key"].initial = uuid.uuid4
        styles = dict(style for model in self.models.values() for style in model.styles)
        known = Counter(slug for model in self.models.values() for slug in dict(model.styles))
        shared = [(slug, name) for slug, name in styles.items() if known[slug] > 1]
        by_name = sorted(shared, key=lambda style: surname(style[1]))
        self.fields["style"].choices = [("", "Any style"), *by_name]

    def _likely(self, preselected):
        """The models asked for; if they are too few, the default one and the latest as well."""
        chosen = [pk for pk in self.models if str(pk) in preselected]
        by_age = sorted(
            self.models.values(), key=lambda m: (m.is_default, m.created_at), reverse=True
        )
        others = [model.pk for model in by_age if model.pk not in chosen]
        return chosen + others[: max(0, FEWEST_CANDIDATES - len(chosen))]

    def clean_candidates(self):
        chosen = [self.models[pk] for pk in dict.fromkeys(self.cleaned_data["candidates"])]
        if not FEWEST_CANDIDATES <= len(chosen) <= MOST_CANDIDATES:
            raise forms.ValidationError(
                f"Choose {FEWEST_CANDIDATES} to {MOST_CANDIDATES} models, not {len(chosen)}."
            )
        return chosen

    def clean_first_seed(self):
        seed = self.cleaned_data["first_seed"]
        return secrets.randbelow(LARGEST_FIRST_SEED + 1) if seed is None else seed

    def clean_request_key(self):
        try:
            return uuid.UUID(self.cleaned_data["request_key"])
        except ValueError:
            return uuid.uuid4()

    def clean(self):
        style = self.cleaned_data.get("style")
        ignorant = [
            f"“{model}”"
            for model in self.cleaned_data.get("candidates", [])
            if style and style not in dict(model.styles)
        ]
        if ignorant:
            verb = "does" if len(ignorant) == 1 else "do"
            self.add_error("style", f"{get_text_list(ignorant, 'and')} {verb} not know this style.")


@admin.register(Audition)
class AuditionAdmin(StudioAdmin):
    """An audition is asked for, heard, voted on and deleted, but not changed."""

    change_form_template = "admin/studio/audition.html"
    list_display = [
        "__str__",
        "models",
        "seconds",
        "style_asked",
        "is_blind",
        "made",
        "cast",
        "created_by",
        "created_at",
    ]
    list_select_related = ["created_by"]

    def get_urls(self):
        pages = {
            "state": require_safe(self.state),
            "vote": require_POST(self.vote),
            "retry": require_POST(self.retry),
        }
        own = [
            path(f"<int:pk>/{page}/", self.guarded(view), name=self.url_name(page))
            for page, view in pages.items()
        ]
        return own + super().get_urls()

    def lookup_allowed(self, lookup, value, request):
        """There is no filter, and what is made by hand can be an error of the database."""
        return False

    # The list.

    def get_queryset(self, request):
        found = super().get_queryset(request).prefetch_related("candidates")
        ready = Count("pieces", filter=Q(pieces__status=Status.READY), distinct=True)
        asked, cast = Count("pieces", distinct=True), Count("votes", distinct=True)
        return found.annotate(ready=ready, asked=asked, cast=cast)

    @admin.display(description="models")
    def models(self, audition):
        return get_text_list([model.name for model in audition.candidates.all()], "and")

    @admin.display(description="style")
    def style_asked(self, audition):
        return audition.style or "any"

    @admin.display(description="pieces ready")
    def made(self, audition):
        return f"{audition.ready} of {audition.asked}"

    @admin.display(description="votes", ordering="cast")
    def cast(self, audition):
        return audition.cast

    # Asking for one.

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            form = AuditionForm(request.POST)
            if form.is_valid():
                return self.make(request, form.cleaned_data)
        else:
            form = AuditionForm(preselected=request.GET.getlist("candidates"))
        context = self.admin_site.each_context(request) | {
            "title": "Audition models",
            "opts": self.opts,
            "add": True,
            "form": form,
            "media": self.media,
            "are_enough": len(form.models) >= FEWEST_CANDIDATES,
            "seeds": SEEDS,
            "has_view_permission": True,
        }
        return render(request, "admin/studio/audition_add.html", context)

    def make(self, request, wish):
        audition, is_new = auditions.make(request.user, **wish)
        if is_new:
            self.log_addition(request, audition, "Asked for.")
            messages.success(request, "The pieces are queued. This page tells how far they are.")
        return redirect(self.url_of(audition))

    # Its page.

    def get_fieldsets(self, request, obj=None):
        return []  # the page shows what there is to know, and nothing of it can be changed

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return super().change_view(request, object_id, form_url, extra_context)

    def context_of(self, request, audition):
        if not self.has_view_permission(request):
            return {}
        return {"title": str(audition), "subtitle": None} | self.sheet_context(request, audition)

    def sheet_context(self, request, audition):
        sheet = Sheet(audition, request.user)
        page = "admin:" + self.url_name("{}")
        urls = {
            f"{name}_url": reverse(page.format(name), args=[audition.pk])
            for name in ("state", "vote", "retry", "delete", "history")
        }
        again = "&".join(f"candidates={model.pk}" for model in sheet.candidates)
        return urls | {
            "audition": audition,
            "sheet": sheet,
            "may_change": self.has_change_permission(request),
            "again_url": f"{reverse(page.format('add'))}?{again}",
        }

    def state(self, request, pk):
        """For htmx: what is other than on the page that asks. Ends the asking with the work."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        audition = self.get_queryset(request).filter(pk=pk).first()
        if audition is None:
            return HttpResponse(status=STOP_ASKING)
        context = self.sheet_context(request, audition)
        sheet, seen = context["sheet"], request.GET.get("seen", "")
        if sheet.state == seen:
            return HttpResponse(status=204)
        if sheet.is_open and seen.startswith("hidden"):
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        changed = sheet.changed_since(seen)
        numbers = {entry.row for entry in changed}
        context |= {"changed": changed, "rows": [r for r in sheet.rows if r.number in numbers]}
        return render(request, "admin/studio/_audition_state.html", context)

    def vote(self, request, pk):
        """Keep a vote; htmx gets the row's form anew, or the whole page once it shows the names."""
        audition = self.find(request, pk)
        number, choice = request.POST.get("row", ""), request.POST.get("choice", "")
        was_open = audition.is_open_to(request.user)
        said = problem = ""
        try:
            said = auditions.vote(audition, request.user, number, choice)
            self.log_change(request, audition, f"Voted on row {number}.")
        except ValueError as refusal:
            problem = str(refusal)
        if audition.is_open_to(request.user) != was_open:
            said += " You have voted on every row: these are the names."
        elif request.htmx and number in ROWS:
            context = self.sheet_context(request, audition) | {"said": said, "problem": problem}
            row = context["sheet"].row(number)
            return render(request, "admin/studio/_audition_voted.html", context | {"row": row})
        return self.answer(request, audition, number, said, problem)

    def retry(self, request, pk):
        """Let a piece that failed be tried again."""
        audition = self.find(request, pk)
        number, letter = request.POST.get("row", ""), request.POST.get("choice", "")
        said = problem = ""
        try:
            said = auditions.retry(audition, request.user, number, letter)
            self.log_change(request, audition, said)
        except ValueError as refusal:
            problem = str(refusal)
        return self.answer(request, audition, number, said, problem)

    def answer(self, request, audition, number, said, problem):
        """Back to the row, with a sentence."""
        if problem:
            messages.error(request, problem)
        else:
            messages.success(request, said)
        url = self.url_of(audition)
        if request.htmx:
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return redirect(f"{url}#row-{number}" if number in ROWS else url)

    # Deleting.

    def get_deleted_objects(self, objs, request):
        """In words: the admin's own list would ask for permissions for every piece."""
        doomed = [
            f"{audition}: {audition.asked} pieces with their files, {audition.cast} votes"
            for audition in self.get_queryset(request).filter(pk__in=[obj.pk for obj in objs])
        ]
        return doomed, {self.opts.verbose_name_plural: len(doomed)}, set(), []

    def delete_model(self, request, obj):
        auditions.delete(Audition.objects.filter(pk=obj.pk))

    def delete_queryset(self, request, queryset):
        auditions.delete(queryset)
