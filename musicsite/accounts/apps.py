from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "musicsite.accounts"
    label = "accounts"
