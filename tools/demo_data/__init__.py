"""Builds the demo data set inside the package from the public files it comes from. Same input, same bytes."""
