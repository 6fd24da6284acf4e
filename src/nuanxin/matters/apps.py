from django.apps import AppConfig


class MattersConfig(AppConfig):
    name = "nuanxin.matters"
    label = "matters"
