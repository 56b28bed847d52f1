"""The page on which staff bring in a model: a file of weights, and its card if there is one."""

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.shortcuts import redirect

from generator import inspecting, storage, uploads
from generator.inspecting import InspectionError
from generator.models import TrainedModel
from generator.shipped import for_a_list

NEEDED = {
    "name": "Give the model a name, or a card that tells it.",
    "licence": "Say under which licence the weights are, or give a card that tells it.",
    "training_data": "Say what the model was trained on, or give a card that tells it.",
}
FROM_CARD = (*NEEDED, "credit")
BY_CARD = "Taken from the card if left empty."


class UploadForm(forms.ModelForm):
    """What is brought in becomes a draft. `folder` is where it is looked at, and kept until then.

    Validating it takes a child process, and up to some seconds.
    """

    file = forms.FileField(
        label="Model",
        widget=forms.ClearableFileInput(attrs={"accept": ".keras"}),
        help_text="A .keras file that a training of Nocturne wrote, of at most "
        f"{uploads.MOST_MODEL_BYTES // 1_000_000} MB.",
        error_messages={"required": "Choose a file.", "empty": "This file is empty."},
    )
    card = forms.FileField(
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".json"}),
        help_text="The model's card, as the download of a model's page or “python -m ml card” "
        "writes it. Figures and curves come from it.",
        error_messages={"empty": "This file is empty."},
    )

    class Meta:
        model = TrainedModel
        fields = ["name", "licence", "training_data", "credit"]
        widgets = dict.fromkeys(NEEDED, AdminTextInputWidget) | {"credit": AdminTextareaWidget}
        help_texts = dict.fromkeys(NEEDED, BY_CARD) | {
            "credit": f"Attribution that the data's licence asks for. {BY_CARD}"
        }
        error_messages = {"name": {"unique": "Another model has this name."}}

    field_order = ["file", "card"]

    def __init__(self, *arguments, folder=None, **options):
        super().__init__(*arguments, **options)
        self.folder, self.found = folder, None
        for name in NEEDED:
            self.fields[name].required = False

    def clean_card(self):
        card = self.cleaned_data["card"]
        if card and card.size > uploads.MOST_BYTES:  # and then not all of it was kept
            raise forms.ValidationError("A card has at most 1 MB.")
        return card

    def clean(self):
        data = super().clean()
        if file := data.get("file"):
            try:
                self.found = inspecting.inspect(file, data.get("card"), self.folder)
            except InspectionError as problem:
                self.add_error("file", str(problem))
        if self.found:
            if self.found.card_error:
                self.add_error("card", self.found.card_error)
            for name in FROM_CARD:
                if name not in self.errors:
                    data[name] = data.get(name) or self.found.card.get(name, "")
        if "card" not in self.errors and (self.found or not data.get("card")):
            for name, sentence in NEEDED.items():
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, sentence)
        return data

    def save(self):
        """The draft, with its file in place. Raises IntegrityError: it is there since a moment."""
        model, found = self.instance, self.found
        model.file = found.name_for(model.name)
        model.sha256, model.size, model.styles = found.sha256, found.size, found.styles
        model.card, model.figures = found.card, for_a_list(found.card.get("figures", {}))
        with transaction.atomic():
            model.save(force_insert=True)
            found.move_to(model.file.name)  # last: of two that bring it at once, one comes so far
        return model


class Uploading:
    """The add page of models. The form is checked outside of any transaction: it takes a while."""

    add_form_template = "admin/studio/upload.html"

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self.upload_page(request, UploadForm(), extra_context)
        with uploads.scratch_folder() as folder:
            form = UploadForm(request.POST, request.FILES, folder=folder)
            if form.is_valid() and (model := self.brought(request, form)):
                messages.success(request, f"{model} is here, as a draft: only staff can hear it.")
                return redirect(self.url_of(model))
        return self.upload_page(request, form, extra_context)

    def brought(self, request, form):
        """The new model; None, and an error in the form, if it cannot be kept."""
        try:
            with transaction.atomic():
                model = form.save()
                self.log_addition(request, model, f"Uploaded {form.cleaned_data['file'].name}.")
                return model
        except IntegrityError:
            form.add_error("file", "Somebody else has just brought this model, or used its name.")
        except OSError as problem:
            form.add_error("file", storage.explain(problem))
        return None

    def upload_page(self, request, form, extra_context):
        fieldsets = [(None, {"fields": list(form.fields)})]
        context = {
            **self.admin_site.each_context(request),
            "title": "Upload a model",
            "adminform": helpers.AdminForm(form, fieldsets, {}, model_admin=self),
            "errors": helpers.AdminErrorList(form, []),
            "media": self.media + form.media,
            "inline_admin_formsets": [],
            "is_popup": False,
            **(extra_context or {}),
        }
        return self.render_change_form(request, context, add=True)
