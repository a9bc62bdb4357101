"""Third-party sign-in as Open edX does it: provider configurations kept in the database."""
