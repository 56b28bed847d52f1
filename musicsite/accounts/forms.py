"""Forms of the accounts."""

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm, UserCreationForm
from django.core.validators import RegexValidator

from generator.titles import plain_text
from musicsite.accounts.models import SentMail, User

RESERVED_NAMES = {"nocturne"}  # the owner of the showcase pieces
LONGEST_ABOUT = User._meta.get_field("about").max_length


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


class ToldIfBlocked:
    """A form to log in that says so to somebody blocked, once the password was right."""

    def confirm_login_allowed(self, user):
        if not user.is_active:
            reason = f" The reason: {user.blocked_reason}" if user.blocked_reason else ""
            raise forms.ValidationError(f"This account is blocked.{reason}", code="inactive")
        super().confirm_login_allowed(user)


class LogInForm(ToldIfBlocked, AuthenticationForm):
    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "This username and password do not belong together."
    }


class StaffLogInForm(ToldIfBlocked, AdminAuthenticationForm):
    pass


class ResetPasswordForm(PasswordResetForm):
    """Says the same for every address; writes to each at most so often."""

    def get_users(self, email):
        return [user for user in super().get_users(email) if SentMail.objects.note(user.email)]


class ProfileForm(forms.ModelForm):
    # Its length is the model's to check: browsers send the end of a line as two characters.
    about = forms.CharField(
        label="About you",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": LONGEST_ABOUT}),
        validators=[
            RegexValidator(
                plain_text.regex,
                "Plain words only: leave out markup such as <b> and control characters.",
                inverse_match=True,
            )
        ],
        help_text=f"Shown on your public page. At most {LONGEST_ABOUT} characters.",
    )

    class Meta:
        model = User
        fields = ["about", "mail_when_ready"]
        labels = {"mail_when_ready": "Mail me when a piece is ready"}
        help_texts = {"mail_when_ready": "A short note with a link, each time one has been made."}

    def clean_about(self):
        return "\n".join(self.cleaned_data["about"].splitlines())


class PasswordForm(forms.Form):
    """What takes the password again."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="So that nobody else does this from an unlocked screen.",
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


class ChangeEmailForm(PasswordForm):
    email = forms.EmailField(
        label="New e-mail address",
        max_length=User._meta.get_field("email").max_length,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="We send a link to it; the change takes place when you follow the link.",
    )
    field_order = ["email", "password"]

    def clean_email(self):
        email = User.objects.normalize_email(self.cleaned_data["email"])
        if email == self.request.user.email:
            raise forms.ValidationError("This is your address already.")
        return email
