"""Nuanxin 暖心: a service desk for trade unions."""

__version__ = "0.1.0"
