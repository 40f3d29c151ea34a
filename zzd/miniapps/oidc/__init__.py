"""OAuth 2.1 and OpenID Connect for the servers of mini-apps."""
