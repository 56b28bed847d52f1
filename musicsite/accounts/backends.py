"""Who is who: by name and password at the login, by the session afterwards."""

from django.contrib.auth.backends import ModelBackend


class PasswordBackend(ModelBackend):
    """Judges the password of a blocked person, too, so that the login can say why it is refused.

    `authenticate` may therefore give somebody blocked: a form must ask `confirm_login_allowed`.
    To every request a blocked person is a visitor, whatever session it brings.
    """

    def user_can_authenticate(self, user):
        return True

    def get_user(self, user_id):
        user = super().get_user(user_id)
        return user if user and user.is_active else None
