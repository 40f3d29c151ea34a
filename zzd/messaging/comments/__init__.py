"""What the readers of an announcement say under it, where its channel lets them.

Comments are numbered without gaps under their message. They make nobody's conversation unread and
are told to those who have them on their screen, to the message's author and to one's own devices:
an announcement to a province is not a group chat of a million.
"""
