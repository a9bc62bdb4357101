"""What a container sees: `lookFromContainer` runs this in it. A question comes as JSON on standard input."""

import json
import os
import sys
import time
import urllib.error
import urllib.request

SECONDS = 10


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other."""

    def redirect_request(self, *_args, **_named):
        """Leave it to the caller."""


opener = urllib.request.build_opener(NoRedirects)


def ask(url):
    """The status and the body, or the error."""
    try:
        with opener.open(url, timeout=SECONDS) as answer:
            return {"status": answer.status, "words": answer.read(20_000).decode(errors="replace")}
    except urllib.error.HTTPError as error:
        return {"status": error.code, "words": error.read(20_000).decode(errors="replace")}
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return {"words": f"{type(reason).__name__}: {reason}"}


def further(words, keys):
    """The addresses that an answer names."""
    try:
        document = json.loads(words)
    except ValueError:
        return []
    return [document[key] for key in keys if key in document] if isinstance(document, dict) else []


question = json.load(sys.stdin)
now = time.time()
answers = {url: ask(url) for url in question["urls"]}
for first in list(answers.values()):
    for url in further(first["words"], question["follow"]):
        answers.setdefault(url, ask(url))
different = [name for name, value in question["environment"].items() if os.environ.get(name) != value]
print(json.dumps({"time": now, "answers": answers, "different": different}))
