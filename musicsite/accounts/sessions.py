"""Sessions in the database that know whose they are, on which device, and when last used.

Where a login comes from is not kept: neither address nor place.
"""

from datetime import datetime

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone

from musicsite.accounts.models import AN_HOUR, Session

DEVICE, BEGUN = "device", "begun"  # in the session's data; the columns follow from them
LONGEST_USER_AGENT = Session._meta.get_field("user_agent").max_length


class SessionStore(db.SessionStore):
    last_seen = None

    @classmethod
    def get_model_class(cls):
        return Session

    def _get_session_from_db(self):
        row = super()._get_session_from_db()
        self.last_seen = row.last_seen if row else None
        return row

    def create_model_instance(self, data):
        row = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY)
        row.user_agent = data.get(DEVICE, "")
        if BEGUN in data:
            row.begun_at = datetime.fromisoformat(data[BEGUN])
        return row

    def note_use(self, user_agent):
        """Note of a login on which device it is; and once an hour that it is still used."""
        now = timezone.now()
        if BEGUN not in self:
            printable = "".join(filter(str.isprintable, user_agent))
            self[BEGUN], self[DEVICE] = now.isoformat(), printable[:LONGEST_USER_AGENT]
        elif self.last_seen and self.last_seen < now - AN_HOUR:
            # Not by saving: that would prolong the login, and undo what others save meanwhile.
            Session.objects.filter(pk=self.session_key).update(last_seen=now)


def note_logins(get_response):
    """Middleware; a visitor gets no session by it."""

    def middleware(request):
        response = get_response(request)
        if request.session.accessed and SESSION_KEY in request.session:
            request.session.note_use(request.headers.get("User-Agent", ""))
        return response

    return middleware
