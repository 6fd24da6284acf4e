from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "nuanxin.site"
    label = "site_"
