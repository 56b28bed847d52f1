"""Pages about the person."""

from axes.utils import reset as forget_failed_logins
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model, login, logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import PasswordResetConfirmView
from django.db import IntegrityError, transaction
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery.archive import send
from gallery.pieces import private_page
from musicsite.accounts.deletion import delete_person
from musicsite.accounts.email import MailError, ask, read_token, tell_old_address
from musicsite.accounts.export import pack_everything
from musicsite.accounts.forms import ChangeEmailForm, PasswordForm, ProfileForm, SignUpForm
from musicsite.accounts.limits import client_network
from musicsite.accounts.models import Session, Turn

PASSWORD_BACKEND = "musicsite.accounts.backends.PasswordBackend"  # noqa: S105


@sensitive_post_parameters("password1", "password2")
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def signup(request):
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    form = SignUpForm(request.POST or None)
    if form.is_valid() and (user := _create(request, form)):
        login(request, user, backend=PASSWORD_BACKEND)
        messages.success(request, f"Welcome, {user.username}. What shall we compose?")
        _send_link(request)
        return redirect("generator:compose")
    return render(request, "accounts/signup.html", {"form": form})


def _create(request, form):
    """The new person; or None, and the form says why."""
    if not Turn.objects.take_sign_up_from(client_network(request)):
        form.add_error(
            None,
            f"From where you are, {settings.MOST_SIGN_UPS} accounts have been made within the "
            "hour. Please try again later.",
        )
        return None
    try:
        with transaction.atomic():
            return form.save()
    except IntegrityError:  # the same name came a moment earlier
        form.add_error("username", "This username has just been taken.")
        return None


def _send_link(request):
    """Mail the link that confirms the wished address; that it did not go is no more than told."""
    address = request.user.unconfirmed_email
    try:
        ask(request, address)
    except MailError as problem:
        messages.warning(request, f"{problem} Please try again later, from your account page.")
    else:
        messages.info(
            request,
            f"If you can use {address} here, a link is on its way to it: follow it within a day, "
            "and the address is confirmed.",
        )


@require_safe
@private_page
def profile(request):
    own = request.user.compositions.filter(audition=None)
    unfinished = own.unfinished().count()
    context = {
        "pieces": own.kept().count(),
        "in_bin": own.in_bin_of(request.user).count(),
        "unfinished": unfinished,
        "most_unfinished": settings.MOST_UNFINISHED,
        "left": max(0, settings.MOST_UNFINISHED - unfinished),
        "logins": len(Session.objects.current(request.user)),
    }
    return render(request, "accounts/profile.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@private_page
def edit(request):
    # Another copy of the person: what is typed wrongly shall not show in the page's header.
    person = get_user_model().objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        person.save(update_fields=form.Meta.fields)
        messages.success(request, "Saved.")
        return redirect("accounts:profile")
    return render(request, "accounts/edit.html", {"form": form})


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def email(request):
    """Ask for another address; the answer is the same whether somebody here has it or not."""
    form = ChangeEmailForm(request, request.POST or None)
    if form.is_valid():
        address = form.cleaned_data["email"]
        try:
            ask(request, address)
        except MailError as problem:
            form.add_error(None, f"{problem} Please try again later.")
        else:
            messages.info(
                request,
                f"If you can use {address} here, a link is on its way to it. "
                "It works once, for a day; until then all stays as it is.",
            )
            return redirect("accounts:profile")
    return render(request, "accounts/email.html", {"form": form})


@require_POST
def email_again(request):
    """Send the link of the sign-up once more."""
    if request.user.unconfirmed_email and not request.user.email:
        _send_link(request)
    return redirect("accounts:profile")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def email_confirm(request, token):
    """The link from the mail. To open it changes nothing: some mail servers open every link."""
    person, address = read_token(token) or (None, None)
    if person and request.method == "POST":
        if person.change_email(address):
            if person.email:
                tell_old_address(request, person, person.email)
            messages.success(request, f"The account {person} now has the address {address}.")
            return redirect("accounts:profile")
        address = None
    context = {"person": person, "address": address}
    return render(request, "accounts/email_confirm.html", context)


@require_safe
@never_cache
def sessions(request):
    logins = Session.objects.current(request.user)
    context = {"logins": logins, "this": request.session.session_key}
    return render(request, "accounts/sessions.html", context)


@require_POST
def end_session(request, handle):
    """End one login of the person, or with "others" all but this one."""
    others = [
        session
        for session in Session.objects.current(request.user)
        if session.pk != request.session.session_key
    ]
    ended = [session for session in others if handle in (session.handle, "others")]
    for session in ended:
        session.delete()
    if ended:
        words = "that device" if len(ended) == 1 else f"{len(ended)} devices"
        messages.success(request, f"Logged out on {words}.")
    else:
        messages.info(request, "That login had ended already.")
    return redirect("accounts:sessions")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def export(request):
    """Tell what the ZIP holds, or by POST send it."""
    archive = pack_everything(request.user)
    if request.method == "POST":
        return send(archive, f"nocturne-{request.user.get_username()}.zip")
    context = {
        "pieces": request.user.compositions.filter(audition=None).count(),
        "beginnings": request.user.beginnings.count(),
        "bytes": len(archive),
    }
    return render(request, "accounts/export.html", context)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def delete(request):
    form = PasswordForm(request, request.POST or None)
    if form.is_valid():
        delete_person(get_user_model().objects.get(pk=request.user.pk))
        logout(request)  # not before: should the deletion fail, all is as it was
        messages.success(request, "Your account and everything it owned are gone.")
        return redirect("gallery:browse")
    context = {"form": form, "pieces": request.user.compositions.filter(audition=None).count()}
    return render(request, "accounts/delete.html", context)


class ResetConfirm(PasswordResetConfirmView):
    """The link from the mail. A new password also ends the wait after wrong ones.

    To somebody blocked a link that was asked for before is worth nothing.
    """

    def get_user(self, uidb64):
        person = super().get_user(uidb64)
        return person if person and person.is_active else None

    def form_valid(self, form):
        forget_failed_logins(username=self.user.get_username().lower())
        return super().form_valid(form)
