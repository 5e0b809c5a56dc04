"""``/hook/NUMBERS``: one address for what can post a notification somewhere. docs/clients/hooks.md.

Alertmanager 0.25 (version "4" of its webhook), Grafana's alerts (version "1"), and apprise's json, form and xml.
"""
