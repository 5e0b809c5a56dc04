"""The process that owns the modems: supervision of ports, sending, receiving, delivery reports.

It decides nothing about plans, retries or reasons (that is ``appliance.policy``) and knows no SQL (that is
``appliance.store``); here is what happens when, and in which one transaction.
"""
