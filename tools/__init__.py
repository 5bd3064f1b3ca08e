"""What builds the package's data; not part of the package."""
