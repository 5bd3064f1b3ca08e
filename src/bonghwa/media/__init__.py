"""The media plane: a camera pulled once, on demand, and sent to every viewer that holds a ticket."""
