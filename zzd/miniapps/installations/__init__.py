"""Apps installed by a unit's administrator for their part of the organisation.

What an app may do and know of is always that of one installation: the scopes consented to, and
the data audience. ``reach`` answers both, for requests, events and deliveries alike.
"""
