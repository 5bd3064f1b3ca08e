"""Where state lives: one SQL implementation of the ports, for SQLite and PostgreSQL."""
