"""The one model of edx-organizations that a provider configuration can point at."""
