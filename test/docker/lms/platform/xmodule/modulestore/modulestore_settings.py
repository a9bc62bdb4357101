"""Where courses are kept: the sandbox has none."""


def update_module_store_settings(*_arguments, **_settings):
    """Change nothing."""
