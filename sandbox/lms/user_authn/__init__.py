"""Sign-in over HTTP, and the context that the sign-in micro-frontend requests."""
