from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "nuanxin.ui"
    label = "ui"
