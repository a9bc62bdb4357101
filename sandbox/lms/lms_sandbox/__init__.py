"""Django project of the sandbox LMS: settings, URLs, start-up and the pages for people."""
