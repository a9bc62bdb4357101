"""Third-party sign-in as in Open edX: provider configurations stored in the database."""
