"""Addresses of the worker's pages, under my/. Codes of the worker's own rows stand in them, never a number of a person."""

from django.urls import URLPattern, path

from nuanxin.phone.views import apply, cases, home, matters, mine, selftest

app_name = "phone"
urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("self-test/", selftest.selftest, name="selftest"),
    path("apply/", apply.start, name="apply"),
    path("apply/family/", apply.family, name="family"),
    path("apply/family/<int:place>/", apply.member, name="member"),
    path("apply/figures/", apply.figures, name="figures"),
    path("apply/papers/", apply.papers, name="papers"),
    path("apply/check/", apply.check, name="check"),
    path("apply/sent/<str:code>/", apply.sent, name="sent"),
    path("papers/<int:key>/", apply.paper, name="paper"),
    path("matters/", cases.all_, name="matters"),
    path("matters/new/<str:kind>/", matters.raise_, name="raise"),
    path("matters/<str:code>/", matters.matter, name="matter"),
    path("matters/<str:code>/more/", matters.more, name="more"),
    path("additions/<int:key>/", matters.photo, name="photo"),
    path("matters/<str:code>/unsolved/", matters.unsolved, name="unsolved"),
    path("review/<path:code>/", cases.review, name="review"),
    path("hardship/<path:code>/", cases.hardship, name="hardship"),
    path("messages/", mine.messages_, name="messages"),
    path("me/", mine.me, name="me"),
    path("me/consent/", mine.consent, name="consent"),
    path("me/readers/", mine.readers, name="readers"),
    path("me/copy/", mine.copy, name="copy"),
]
