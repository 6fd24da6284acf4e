from django.apps import AppConfig


class UnionConfig(AppConfig):
    name = "nuanxin.union"
    label = "union"
