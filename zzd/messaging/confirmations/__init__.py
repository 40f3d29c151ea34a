"""Announcements whose readers are asked to confirm that they have read them.

One row says that a message asks for it, and a row is written for whoever confirms: who has not is
the audience minus these. They are counted as the answers to a DING are.
"""
