from django.apps import AppConfig


class BooksConfig(AppConfig):
    name = "nuanxin.books"
    label = "books"
