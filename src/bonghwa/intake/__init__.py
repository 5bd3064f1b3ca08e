"""Outside lines in: bytes become a report form, or an error that names the field."""
