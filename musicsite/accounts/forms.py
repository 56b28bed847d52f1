"""Forms of the accounts."""

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm, UserCreationForm
from django.core.validators import RegexValidator

from generator.titles import plain_text
from musicsite.accounts.models import Turn, User

# The owner of the showcase pieces, and those for whom somebody might be taken.
RESERVED_NAMES = set(
    """
    nocturne admin administrator administration root superuser staff moderator moderation mod
    support help helpdesk security system team webmaster postmaster hostmaster abuse official
    """.split()  # noqa: SIM905  it would be half a page
)
# Letters to Unicode, of Korean, that are drawn as nothing.
UNSEEN_LETTERS = "\u115f\u1160\u3164\uffa0"
LONGEST_EMAIL = User._meta.get_field("email").max_length
LONGEST_ABOUT = User._meta.get_field("about").max_length


class SignUpForm(UserCreationForm):
    """The address is a wish until it is confirmed, so that nothing here tells who has it."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=LONGEST_EMAIL,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="For a new password should you forget yours, and for mails that you ask for; "
        "nobody sees it. We send a link to it, and write there once you have followed the link.",
    )
    field_order = ["username", "email"]

    class Meta(UserCreationForm.Meta):
        model = User
        fields = ["username"]
        help_texts = {
            "username": "Shown beside the pieces that you publish. "
            "Letters, digits and @ . + - _, at most 150.",
        }

    def clean_username(self):
        username = super().clean_username() or ""
        if username.lower() in RESERVED_NAMES:
            raise forms.ValidationError("This name is kept for the site itself.")
        if any(letter in UNSEEN_LETTERS for letter in username):
            raise forms.ValidationError("There is a letter in this name that nobody can see.")
        if not any(map(str.isalnum, username)):
            raise forms.ValidationError("A name needs a letter or a digit at least.")
        return username

    def clean_email(self):
        email = User.objects.normalize_email(self.cleaned_data["email"])
        self.instance.unconfirmed_email = email  # already here: the password must not be like it
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
        return [user for user in super().get_users(email) if Turn.objects.take_mail_to(user.email)]


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
        help_texts = {
            "mail_when_ready": "A short note, once what you asked for is ready or has failed."
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.email:
            self.fields["mail_when_ready"].help_text += " Not before your address is confirmed."

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
        max_length=LONGEST_EMAIL,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="We send a link to it; the change takes place when you follow the link.",
    )
    field_order = ["email", "password"]

    def clean_email(self):
        email = User.objects.normalize_email(self.cleaned_data["email"])
        if email == self.request.user.email:
            raise forms.ValidationError("This is your address already.")
        return email
