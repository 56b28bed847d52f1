from django import forms

from generator.models import Composition


class TitleForm(forms.ModelForm):
    """A new title; line breaks and runs of spaces become one space."""

    class Meta:
        model = Composition
        fields = ["title"]
        help_texts = {"title": "Up to 120 characters."}
        error_messages = {"title": {"required": "A piece needs a title."}}
        widgets = {"title": forms.TextInput(attrs={"autocomplete": "off"})}

    def clean_title(self):
        return " ".join(self.cleaned_data["title"].split())
