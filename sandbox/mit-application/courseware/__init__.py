"""The name under which xPro has its calls to Open edX, for `manage.py shell`."""
