from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "nuanxin.reports"
    label = "reports"
