"""The metadata every table is bound to. Tables live in the file of their noun."""

from sqlalchemy import MetaData

metadata = MetaData()
