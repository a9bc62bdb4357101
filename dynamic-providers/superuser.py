# Run by djangoSuperuser.provider.ts in the container of a server with `manage.py shell -c`: makes, looks at, or removes
# a superuser. The task comes on standard input, as arguments can be read by everybody on the machine.
import json
import sys

from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.db.models import ProtectedError

task = json.load(sys.stdin)
users = get_user_model().objects


def mark(user):
    """Write down whose the user is, and let them in."""
    if hasattr(user, "first_name"):
        user.first_name, user.last_name = "Managed by Pulumi", task["owner"][:150]
    else:
        user.name = "Managed by Pulumi: " + task["owner"]
    user.email = task["email"]
    user.is_active = user.is_staff = user.is_superuser = True
    user.set_password(task["password"])
    user.save()


def is_ours(user):
    """Whether this stack made the user."""
    return task["owner"] in (getattr(user, "last_name", ""), getattr(user, "name", "").removeprefix("Managed by Pulumi: "))


def make():
    """Make the user with what the server wants every user to have."""
    if "manage_user" in get_commands():
        call_command("manage_user", task["username"], task["email"], staff=True, superuser=True)
    else:
        users.create_user(username=task["username"], email=task["email"], password=task["password"])
    mark(users.get(username=task["username"]))
    return "made"


def remove(user):
    """Delete the user, or take away what it may do where what it saved has to stay."""
    try:
        user.delete()
    except ProtectedError:
        user.is_staff = user.is_superuser = False
        user.set_unusable_password()
        user.save()
    return "missing"


def run():
    """Carry the task out and say what is there then."""
    user = users.filter(username=task["username"]).first()
    if user is None:
        return make() if task["task"] in ("ensure", "reset") else "missing"
    if task["task"] == "remove":
        return remove(user)
    if task["task"] == "reset" or (task["task"] == "ensure" and is_ours(user)):
        mark(user)
    if not (user.is_active and user.is_superuser and user.check_password(task["password"])):
        return "stranger"
    return "made" if is_ours(user) else "found"


state = run()
print()
print(json.dumps({"state": state}))
