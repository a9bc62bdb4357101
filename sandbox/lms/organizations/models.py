"""Organization, reduced to what a foreign key and its admin page need."""

from django.db import models


class Organization(models.Model):
    """An institution that offers courses."""

    name = models.CharField(max_length=255)
    short_name = models.CharField(max_length=255, unique=True)
    active = models.BooleanField(default=True)

    def __str__(self):
        return f"{self.name} ({self.short_name})"
