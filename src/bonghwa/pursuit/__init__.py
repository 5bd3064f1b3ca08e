"""Where can the subject be, which cameras to watch next, and how to close the way: everything reckoned on the road graph."""
