# djangoSuperuser.provider.ts runs this in a server's container with `manage.py shell -c`: it creates, checks, or removes a
# superuser. The task comes through standard input, since everybody on the machine can read arguments.
import json
import sys

from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.db.models import ProtectedError

FLAGS = ("is_active", "is_staff", "is_superuser")

task = json.load(sys.stdin)
users = get_user_model().objects
# Open edX requires a profile to sign in; its own command creates one.
is_open_edx = "manage_user" in get_commands()


def make():
    """Create the user with everything the server requires."""
    if is_open_edx:
        call_command("manage_user", task["username"], task["email"], staff=True, superuser=True)
    else:
        users.create_user(username=task["username"], email=task["email"], password=task["password"])
    return mark(users.get(username=task["username"]))


def mark(user):
    """Record the owner and let the user in."""
    complete(user)
    if hasattr(user, "first_name"):
        user.first_name, user.last_name = "Managed by Pulumi", task["owner"][:150]
    else:
        user.name = "Managed by Pulumi: " + task["owner"]
    user.email = task["email"]
    user.set_password(task["password"])
    user.save()
    return {"state": "created"}


def adopt(user):
    """Add what somebody else's superuser needs to be let in; report which flags were off before."""
    former = {flag: False for flag in FLAGS if not getattr(user, flag)}
    if not lets_in(user):
        complete(user)
    return {"state": "adopted", "former": former}


def complete(user):
    """Add the profile and set the flags."""
    if not has_profile(user):
        # The command removes the user from groups that it is not given.
        groups = list(user.groups.all())
        call_command("manage_user", user.username, user.email, staff=True, superuser=True)
        user.groups.set(groups)
    set_flags(user, dict.fromkeys(FLAGS, True))


def has_profile(user):
    """Whether the user has a profile, if the server requires one."""
    return not is_open_edx or hasattr(user, "profile")


def set_flags(user, flags):
    """Set the user's flags."""
    for flag, value in flags.items():
        setattr(user, flag, value)
    user.save()
    return {"state": "adopted"}


def lets_in(user):
    """Whether the server's admin lets the user in."""
    return has_profile(user) and all(getattr(user, flag) for flag in FLAGS) and user.check_password(task["password"])


def is_ours(user):
    """Whether this stack created the user."""
    return task["owner"] in (getattr(user, "last_name", ""), getattr(user, "name", "").removeprefix("Managed by Pulumi: "))


def remove(user):
    """Delete the user, or strip all permissions if protected objects refer to the user."""
    try:
        user.delete()
    except ProtectedError:
        user.is_staff = user.is_superuser = False
        user.set_unusable_password()
        user.save()
    return {"state": "missing"}


def run():
    """Carry out the task and report the result."""
    user = users.filter(username=task["username"]).first()
    if user is None:
        return make() if task["task"] in ("ensure", "reset") else {"state": "missing"}
    if task["task"] == "remove":
        return remove(user)
    if task["task"] == "restore":
        return set_flags(user, task["former"])
    if task["task"] == "reset" or (task["task"] == "ensure" and is_ours(user)):
        return mark(user)
    if task["task"] == "ensure" and user.is_superuser and user.check_password(task["password"]):
        return adopt(user)
    if not lets_in(user):
        return {"state": "conflict"}
    return {"state": "created" if is_ours(user) else "adopted"}


answer = run()
print()
print(json.dumps(answer))
