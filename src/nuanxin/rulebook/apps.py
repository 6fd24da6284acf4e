from django.apps import AppConfig


class RulebookConfig(AppConfig):
    name = "nuanxin.rulebook"
    label = "rulebook"
    verbose_name = "政策簿"
