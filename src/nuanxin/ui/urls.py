"""Addresses of what a person sets for their own browser."""

from django.urls import URLPattern, path

from nuanxin.ui import views

app_name = "ui"
urlpatterns: list[URLPattern] = [path("text-size/", views.text_size, name="text_size")]
