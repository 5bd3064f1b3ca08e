"""Bonghwa (봉화): the open city safety network."""

__version__ = "0.1.0"
