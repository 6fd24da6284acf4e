"""Addresses of the desk."""

from django.urls import URLPattern, path, register_converter

from nuanxin.desk import views


class Quarter:
    """A quarter in an address: 2022Q3."""

    regex = r"\d{4}Q[1-4]"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Quarter, "quarter")
app_name = "desk"
urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("rounds/", views.rounds, name="rounds"),
    path("rounds/<quarter:quarter>/", views.board, name="board"),
    path("rounds/<quarter:quarter>/families/", views.families, name="families"),
    path("rounds/<quarter:quarter>/returns/", views.returns, name="returns"),
    path("households/", views.files, name="files"),
    path("households/<str:code>/", views.household, name="household"),
    path("households/<str:code>/file.pdf", views.household_pdf, name="household_pdf"),
    path("brief/", views.brief, name="brief"),
    path("brief/brief.pdf", views.brief_document, {"form": "pdf"}, name="brief_pdf"),
    path("brief/brief.docx", views.brief_document, {"form": "docx"}, name="brief_docx"),
    path("brief/<slug:figure>/", views.figure, name="figure"),
]
