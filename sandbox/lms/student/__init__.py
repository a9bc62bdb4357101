"""What Open edX hangs on a user: profile, account recovery, failed sign-ins."""
