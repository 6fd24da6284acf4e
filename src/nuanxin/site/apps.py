from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "nuanxin.site"
    label = "site_"

    def ready(self) -> None:
        from nuanxin.site import adapters

        adapters.connect()
