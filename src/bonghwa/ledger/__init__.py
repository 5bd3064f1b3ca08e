"""The append-only transparency log: RFC 6962 trees in C2SP tiles under a signed checkpoint. It knows no cameras."""
