"""The name under which MITx Online has its calls to Open edX, for `manage.py shell`."""
