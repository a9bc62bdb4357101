"""
Tutor's own command line, but for the images `openedx` and `openedx-dev`: they are built from the sandbox LMS, and what
plugins put into the Dockerfile, not from the platform's source, which would have to be downloaded. This is no plugin of
Tutor's, as none can be enabled in a root that is still empty.
"""

import sys
from pathlib import Path

from tutor import hooks
from tutor.commands.cli import main

TEMPLATES = Path(__file__).resolve().parent / "templates"


@hooks.Filters.ENV_TEMPLATE_ROOTS.add()
def _own_templates_first(roots):
    return [str(TEMPLATES), *roots]


@hooks.Filters.IMAGES_BUILD.add(priority=hooks.priorities.LOW)
def _without_network(images, _config):
    """The tests' daemon has no default network, in which a build would run otherwise."""
    return [(name, path, tag, (*arguments, "--network=none")) for name, path, tag, arguments in images]


if __name__ == "__main__":
    sys.argv[0] = "tutor"
    main()
