"""What Open edX adds to a user: profile, account recovery, failed sign-ins."""
