"""People, where they are logged in, and what may be asked for only so often an hour."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from musicsite.accounts.devices import name_device

MOST_MAILS = 10  # to one address within an hour; and as many for which one account asks
AN_HOUR = timedelta(hours=1)


class PeopleManager(UserManager):
    def get_by_natural_key(self, username):
        """Log in as Alice or alice: phones like to write a capital."""
        return self.get(username__iexact=username)

    def with_email(self, email):
        """Whoever has this address, however it is capitalised."""
        return self.filter(email__iexact=email)

    def create_superuser(self, username, email=None, password=None, **fields):
        """Create staff; their address counts as confirmed.

        One that is missing or taken is an error that `createsuperuser` can show.
        """
        if not email:
            raise ValidationError("Staff need an e-mail address.")
        if self.with_email(email).exists():
            raise ValidationError("Somebody already has this e-mail address.")
        return super().create_superuser(username, email, password, **fields)


class User(AbstractUser):
    # Where we write to: confirmed by a link, or given by staff. Empty until then.
    email = models.EmailField("e-mail address", blank=True)
    # The wish of somebody who has none yet. It proves nothing, and others may wish the same.
    unconfirmed_email = models.EmailField(blank=True, editable=False)
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
                condition=~models.Q(email=""),
                name="unique_email",
                violation_error_message="Somebody already has this e-mail address.",
            ),
            models.UniqueConstraint(
                Lower("username"),
                name="unique_username",
                violation_error_message="Somebody already has this username.",
            ),
        ]

    def wish_email(self, address):
        """Note what shall be confirmed, for somebody who has no address yet."""
        if not self.email and self.unconfirmed_email != address:
            self.unconfirmed_email = address
            self.save(update_fields=["unconfirmed_email"])

    def change_email(self, address):
        """Take another address. False: somebody has it, or this one was changed meanwhile."""
        unchanged = User.objects.filter(
            pk=self.pk,
            email=self.email,
            unconfirmed_email=self.unconfirmed_email,
            password=self.password,
        )
        confirmed = {"email": address, "unconfirmed_email": "", "email_changed_at": timezone.now()}
        try:
            with transaction.atomic():
                return unchanged.update(**confirmed) == 1
        except IntegrityError:
            return False


class TurnManager(models.Manager):
    def take(self, what, who, most):
        """Take one of the `most` turns an hour at `what`. False: `who` has had them all."""
        key = f"{what} {who}".lower()
        digest = salted_hmac("accounts.Turn", key, algorithm="sha256").hexdigest()
        with transaction.atomic():
            self.forget_old()
            if self.filter(digest=digest).count() >= most:
                return False
            self.create(digest=digest)
            return True

    def take_mail_to(self, address):
        return self.take("mail to", address, MOST_MAILS)

    def take_mail_for(self, person):
        return self.take("mail for account", person.pk, MOST_MAILS)

    def take_sign_up_from(self, network):
        return self.take("sign up from", network, settings.MOST_SIGN_UPS)

    def forget_old(self):
        self.filter(taken_at__lt=timezone.now() - AN_HOUR).delete()


class Turn(models.Model):
    """Something that may be had only so often an hour; counted, then forgotten.

    It belongs to no account: whoever deletes one and signs up again gains no further turns.
    """

    digest = models.CharField(max_length=64, db_index=True)  # keyed: it names nobody
    taken_at = models.DateTimeField(default=timezone.now)

    objects = TurnManager()

    def __str__(self):
        return f"a turn at {self.taken_at:%Y-%m-%d %H:%M}"


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
