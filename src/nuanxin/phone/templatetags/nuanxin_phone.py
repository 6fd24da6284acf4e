"""A day as the worker's pages write it."""

from django import template

from nuanxin.phone import words

register = template.Library()
register.filter("phone_day", words.day)
