"""Open edX's layer over django-oauth-toolkit: its own admin pages and URLs."""
