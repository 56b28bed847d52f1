"""Forms of the accounts."""

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm, UserCreationForm

from musicsite.accounts.models import User

RESERVED_NAMES = {"nocturne"}  # the owner of the showcase pieces


class SignUpForm(UserCreationForm):
    class Meta(UserCreationForm.Meta):
        model = User
        fields = ["username", "email"]
        widgets = {"email": forms.EmailInput(attrs={"autocomplete": "email"})}
        help_texts = {
            "username": "Shown beside the pieces that you publish. "
            "Letters, digits and @ . + - _, at most 150.",
            "email": "Only for resetting your password; nobody sees it.",
        }

    def clean_username(self):
        username = super().clean_username()
        if username and username.lower() in RESERVED_NAMES:
            raise forms.ValidationError("This name is kept for the site itself.")
        return username

    def clean_email(self):
        email = self.cleaned_data["email"]
        if User.objects.with_email(email).exists():
            raise forms.ValidationError("Somebody already has this e-mail address.")
        return email


class LogInForm(AuthenticationForm):
    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "This username and password do not belong together."
    }


class ResetPasswordForm(PasswordResetForm):
    """Says the same for every address; writes to each at most so often."""

    def get_users(self, email):
        return [user for user in super().get_users(email) if user.may_get_reset_mail()]


class DeleteAccountForm(forms.Form):
    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="So that nobody else deletes your account from an unlocked screen.",
    )

    def __init__(self, request, data=None):
        super().__init__(data)
        self.request = request

    def clean_password(self):
        password = self.cleaned_data["password"]
        name = self.request.user.get_username()
        # Through the backends, so that wrong passwords count as they do at the login.
        if authenticate(self.request, username=name, password=password) is None:
            raise forms.ValidationError("That is not your password.")
        return password
