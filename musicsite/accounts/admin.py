"""People, for staff."""

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import Count, Q

from generator.admin.moderation import ModeratedAdmin
from musicsite.accounts.blocking import block, obstacle_to_blocking, unblock
from musicsite.accounts.deletion import delete_person
from musicsite.accounts.forms import LONGEST_EMAIL
from musicsite.accounts.models import User


class PersonCreationForm(AdminUserCreationForm):
    """Staff vouch for the address: it counts as confirmed."""

    email = forms.EmailField(label="E-mail address", max_length=LONGEST_EMAIL)

    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ["username", "email"]


RANKS = ["is_staff", "is_superuser", "groups", "user_permissions"]


@admin.register(User)
class PersonAdmin(ModeratedAdmin, UserAdmin):
    """People are blocked by a move with a reason; ranks are given by superusers alone."""

    step = ("block", "Block this account", "Blocked")
    step_back = ("unblock", "Unblock this account", "Unblocked")
    explanation = (
        "The person reads this when logging in. They are logged out at once, what is being made "
        "for them is cancelled, and nobody sees what they have published; all of it is kept."
    )
    add_form = PersonCreationForm
    add_fieldsets = [
        (None, {"fields": ["username", "email", "usable_password", "password1", "password2"]})
    ]
    fieldsets = [*UserAdmin.fieldsets, ("Not confirmed", {"fields": ["unconfirmed_email"]})]
    list_display = ["username", "email", "pieces", "is_staff", "is_active", "date_joined"]
    list_filter = ["is_staff", "is_superuser", "is_active"]
    search_fields = ["username", "email", "unconfirmed_email"]
    date_hierarchy = "date_joined"

    def get_queryset(self, request):
        own = Count("compositions", filter=Q(compositions__audition=None))
        return super().get_queryset(request).annotate(piece_count=own)

    @admin.display(ordering="piece_count")
    def pieces(self, person):
        return person.piece_count

    def get_readonly_fields(self, request, obj=None):
        """Whether somebody is blocked is no box to tick, and times are facts.

        Nobody gives themselves a rank.
        """
        ranks = [] if request.user.is_superuser else RANKS
        facts = ["is_active", "unconfirmed_email", "last_login", "date_joined"]
        return [*super().get_readonly_fields(request, obj), *facts, *ranks]

    def get_form(self, request, obj=None, **kwargs):
        words = {"is_active": "Accounts are blocked by the button above, with a reason."}
        return super().get_form(request, obj, **{"help_texts": words} | kwargs)

    # Who may set the password or the address of an account may log in to it, and has its rank.

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and _is_below(request.user, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and _is_below(request.user, obj)

    # Blocking.

    def obstacle(self, request, obj):
        return obstacle_to_blocking(obj, request.user)

    def is_stopped(self, obj):
        return not obj.is_active

    def step_in(self, obj, reason):
        return block(obj, reason)

    def take_back(self, obj):
        return unblock(obj)

    def state_of(self, obj):
        words = "Nobody can log in to this account, and others see nothing of it."
        if obj.blocked_reason:
            words += " With the right password the person reads this reason:"
        return {"title": "Blocked", "words": words, "reason": obj.blocked_reason}

    # The admin's own ways would leave the files of the pieces behind.

    def delete_model(self, request, obj):
        delete_person(obj)

    def delete_queryset(self, request, queryset):
        for person in queryset:
            delete_person(person)


def _is_below(user, person):
    """Staff look after people, and superusers after staff. No person: people in general."""
    return person is None or user.is_superuser or not (person.is_staff or person.is_superuser)
