"""ONVIF: what a camera says of itself, steering, and a key picture when one is needed. Nothing of it stands in the way of pictures."""
