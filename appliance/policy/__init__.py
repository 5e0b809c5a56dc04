"""Which SIM may send what and when, and why a message waits: values and a clock reading in, verdicts out.

The pool decides with these functions and the web explains with the very same ones, so that what a person
reads is what is done. Nothing here reads a clock, a file or a device; only :mod:`appliance.policy.ledger` reads rows.
"""
