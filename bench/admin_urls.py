"""The program's addresses with Django's admin lists of the same tables."""

from django.contrib import admin
from django.urls import path

from nuanxin.care.models import Lead
from nuanxin.site.urls import urlpatterns as ours
from nuanxin.union.models import Household


@admin.register(Household)
class Households(admin.ModelAdmin):
    list_display = ("code", "worker_name", "org", "address")
    list_select_related = ("org", "worker")
    list_filter = ("org__level",)
    search_fields = ("code", "worker_name")
    list_per_page = 50


@admin.register(Lead)
class Leads(admin.ModelAdmin):
    list_display = ("code", "worker_name", "org", "state", "clock_on", "cause")
    list_select_related = ("org", "household")
    list_filter = ("state", "source")
    search_fields = ("code", "worker_name")
    list_per_page = 50


urlpatterns = [path("admin/", admin.site.urls), *ours]
