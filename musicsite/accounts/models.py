"""People, where they are logged in, and how many mails an address was sent."""

from datetime import timedelta

from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from musicsite.accounts.devices import name_device

MOST_MAILS = 10  # to one address within an hour
AN_HOUR = timedelta(hours=1)


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
    email_changed_at = models.DateTimeField(null=True, editable=False)
    about = models.CharField(max_length=300, blank=True, help_text="Shown on your public page.")
    mail_when_ready = models.BooleanField(default=False)
    # Why staff have blocked the account, which is then not active; the person reads it.
    blocked_reason = models.CharField(max_length=300, blank=True, editable=False)

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

    def change_email(self, address):
        """Take another address. False: somebody has it, or this one was changed meanwhile."""
        unchanged = User.objects.filter(pk=self.pk, email=self.email, password=self.password)
        try:
            with transaction.atomic():
                return unchanged.update(email=address, email_changed_at=timezone.now()) == 1
        except IntegrityError:
            return False


class SentMailManager(models.Manager):
    def note(self, recipient):
        """Note one more mail. False: the address was sent enough of them within the hour."""
        digest = salted_hmac("accounts.SentMail", recipient.lower(), algorithm="sha256").hexdigest()
        with transaction.atomic():
            self.forget_old()
            if self.filter(recipient=digest).count() >= MOST_MAILS:
                return False
            self.create(recipient=digest)
            return True

    def forget_old(self):
        self.filter(sent_at__lt=timezone.now() - AN_HOUR).delete()


class SentMail(models.Model):
    """A mail for which anybody may ask; counted, then forgotten.

    It belongs to no account: whoever deletes one and signs up again gains no further mails.
    """

    recipient = models.CharField(max_length=64, db_index=True)  # a keyed digest: it names nobody
    sent_at = models.DateTimeField(default=timezone.now)

    objects = SentMailManager()

    def __str__(self):
        return f"a mail at {self.sent_at:%Y-%m-%d %H:%M}"


class SessionManager(BaseSessionManager):
    def current(self, user):
        """A person's logins that still hold, the last used first.

        A new password ends all others at once, though their rows stay until they expire.
        """
        alive = self.filter(user=user, expire_date__gt=timezone.now()).order_by("-last_seen")
        return [session for session in alive if session.is_login_of(user)]


class Session(AbstractBaseSession):
    """A session of Django's that knows whose it is and on which device; see sessions.py."""

    # No constraint: a login in the very moment of an account's deletion must not try for ever.
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, db_constraint=False, related_name="sessions"
    )
    user_agent = models.CharField(max_length=300, blank=True)
    begun_at = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)  # noted once an hour

    objects = SessionManager()

    def __str__(self):
        return f"{self.device} since {self.begun_at:%Y-%m-%d}"  # not the key: it is a password

    @classmethod
    def get_session_store_class(cls):
        from musicsite.accounts.sessions import SessionStore  # which needs this model

        return SessionStore

    @property
    def device(self):
        return name_device(self.user_agent)

    @property
    def handle(self):
        """What pages call it by: the key itself must not be read off a screen."""
        return salted_hmac("accounts.Session", self.pk, algorithm="sha256").hexdigest()[:32]

    def is_login_of(self, user):
        """Whether the password is still the one that it was begun with."""
        begun_with = self.get_decoded().get(HASH_SESSION_KEY, "")
        return constant_time_compare(begun_with, user.get_session_auth_hash())
