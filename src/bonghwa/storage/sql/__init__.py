"""SQL tables and repositories: one file per noun."""
