"""The only model of edx-organizations that a provider configuration can refer to."""
