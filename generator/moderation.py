"""Why staff have stepped in: asked of them, told to whom it concerns, kept in the admin's log."""

from django import forms

from generator.models import Composition

LONGEST_REASON = Composition._meta.get_field("hidden_reason").max_length
BECAUSE = ", because: "  # in the admin's log, between what was done and why


class ReasonForm(forms.Form):
    """A reason in one line; runs of spaces and line breaks become one space."""

    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=forms.Textarea({"rows": 3, "maxlength": LONGEST_REASON}),
        error_messages={"required": "Say why: it is shown to the person whom it concerns."},
    )

    def __init__(self, *args, help_text="", **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = help_text

    def clean_reason(self):
        return " ".join(self.cleaned_data["reason"].split())


def without_reason(log_message):
    """What was done. A reason may name people and pieces, which the log forgets with an account."""
    return log_message.partition(BECAUSE)[0]
