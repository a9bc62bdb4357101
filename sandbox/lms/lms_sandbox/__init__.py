"""The Django project of the sandbox LMS: settings, URLs, startup, and pages for people."""
