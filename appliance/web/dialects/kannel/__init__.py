"""Kannel 1.4.5's ``sendsms`` and what it calls, for programs that were written for a Kannel.

Names of parameters, answers and escapes are those of its user guide and of the Debian package; docs/clients/kannel.md.
"""
