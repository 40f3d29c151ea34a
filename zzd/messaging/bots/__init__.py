"""Bots: programs that say something in a group, each through an address and a secret of its own.

A bot reads nothing. Who manages a group adds bots to it; what they send is signed, and too much
of it is refused, never dropped. docs/bots.md is what their authors read.
"""
