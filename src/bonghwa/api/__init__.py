"""The outside faces over HTTP: one file per noun, the routes as one list in `app`."""
