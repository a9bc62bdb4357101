"""MITx Online's name for its calls to Open edX, for `manage.py shell`."""
