from django.apps import AppConfig


class PhoneConfig(AppConfig):
    name = "nuanxin.phone"
    label = "phone"
