"""People."""

from datetime import timedelta

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone

MOST_RESETS = 10  # mails to one person within an hour


class PeopleManager(UserManager):
    def get_by_natural_key(self, username):
        """Log in as Alice or alice: phones like to write a capital."""
        return self.get(username__iexact=username)

    def with_email(self, email):
        """Whoever has this address, however it is capitalised."""
        return self.filter(email__iexact=email)

    def create_superuser(self, username, email=None, password=None, **fields):
        """Create staff; an address that is taken is an error that `createsuperuser` can show."""
        if self.with_email(email).exists():
            raise ValidationError("Somebody already has this e-mail address.")
        return super().create_superuser(username, email, password, **fields)


class User(AbstractUser):
    email = models.EmailField("e-mail address")
    about = models.CharField(max_length=300, blank=True, help_text="Shown on your public page.")
    mail_when_ready = models.BooleanField(default=False)

    objects = PeopleManager()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="unique_email",
                violation_error_message="Somebody already has this e-mail address.",
            ),
            models.UniqueConstraint(
                Lower("username"),
                name="unique_username",
                violation_error_message="Somebody already has this username.",
            ),
        ]

    def delete_with_pieces(self):
        """Delete the person, and every piece with its files."""
        with transaction.atomic():
            self.compositions.all().delete_with_files()
            self.beginnings.all().delete_with_files()
            self.delete()

    def may_get_reset_mail(self):
        """Note one more reset mail. False: there were enough of them within the hour."""
        an_hour_ago = timezone.now() - timedelta(hours=1)
        with transaction.atomic():
            self.reset_mails.filter(sent_at__lt=an_hour_ago).delete()
            if self.reset_mails.count() >= MOST_RESETS:
                return False
            self.reset_mails.create()
            return True


class ResetMail(models.Model):
    """A reset mail that was sent; counted, then forgotten."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="reset_mails")
    sent_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"{self.user}, {self.sent_at:%Y-%m-%d %H:%M}"
