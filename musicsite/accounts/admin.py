"""People, for staff."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import Count

from musicsite.accounts.deletion import delete_person
from musicsite.accounts.models import User


class PersonCreationForm(AdminUserCreationForm):
    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ["username", "email"]


@admin.register(User)
class PersonAdmin(UserAdmin):
    add_form = PersonCreationForm
    add_fieldsets = [
        (None, {"fields": ["username", "email", "usable_password", "password1", "password2"]})
    ]
    list_display = ["username", "email", "pieces", "is_staff", "is_active", "date_joined"]
    list_filter = ["is_staff", "is_superuser", "is_active"]
    search_fields = ["username", "email"]
    date_hierarchy = "date_joined"

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(piece_count=Count("compositions"))

    @admin.display(ordering="piece_count")
    def pieces(self, person):
        return person.piece_count

    # The admin's own ways would leave the files of the pieces behind.

    def delete_model(self, request, obj):
        delete_person(obj)

    def delete_queryset(self, request, queryset):
        for person in queryset:
            delete_person(person)
