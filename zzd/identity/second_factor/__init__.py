"""The second factor: a code of an authenticator app, asked for besides the password
(docs/second-factor.md)."""
