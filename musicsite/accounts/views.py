"""Pages about the person."""

from axes.utils import reset as forget_failed_logins
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model, login, logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import PasswordResetConfirmView
from django.db import IntegrityError, transaction
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from musicsite.accounts.forms import DeleteAccountForm, SignUpForm

PASSWORD_BACKEND = "django.contrib.auth.backends.ModelBackend"  # noqa: S105


@sensitive_post_parameters("password1", "password2")
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def signup(request):
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    form = SignUpForm(request.POST or None)
    if form.is_valid():
        try:
            with transaction.atomic():
                user = form.save()
        except IntegrityError:  # the same name or address came a moment earlier
            form.add_error(None, "This username or e-mail address has just been taken.")
        else:
            login(request, user, backend=PASSWORD_BACKEND)
            messages.success(request, f"Welcome, {user.username}. What shall we compose?")
            return redirect("generator:compose")
    return render(request, "accounts/signup.html", {"form": form})


@require_safe
def profile(request):
    pieces = request.user.compositions
    unfinished = pieces.unfinished().count()
    context = {
        "pieces": pieces.count(),
        "unfinished": unfinished,
        "most_unfinished": settings.MOST_UNFINISHED,
        "left": max(0, settings.MOST_UNFINISHED - unfinished),
    }
    return render(request, "accounts/profile.html", context)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request):
    form = DeleteAccountForm(request, request.POST or None)
    if form.is_valid():
        person = get_user_model().objects.get(pk=request.user.pk)
        logout(request)
        person.delete_with_pieces()
        messages.success(request, "Your account and everything it owned are gone.")
        return redirect("gallery:browse")
    context = {"form": form, "pieces": request.user.compositions.count()}
    return render(request, "accounts/delete.html", context)


class ResetConfirm(PasswordResetConfirmView):
    """The link from the mail. A new password also ends the wait after wrong ones."""

    def form_valid(self, form):
        forget_failed_logins(username=self.user.get_username().lower())
        return super().form_valid(form)
