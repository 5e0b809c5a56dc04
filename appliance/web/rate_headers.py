"""``RateLimit`` and ``RateLimit-Policy``: what a key has left (draft-ietf-httpapi-ratelimit-headers-10).

Only with answers to keys that have a limit, so that others pay nothing for it. A policy is named after its limit:
``requests``, ``messages-per-minute``, ``messages-per-day``. The allowance of real messages has no window and is none.
"""

from __future__ import annotations

from appliance.desk import key_limits
from appliance.web.asked import Asked
from appliance.web.office import Office


def rate_headers(office: Office, asked: Asked) -> dict[str, str]:
    """The two headers for whoever asked, or none. ``office`` is the box that answered."""
    key, taken = asked.key, asked.requests_left
    if key is None:
        return {}
    policies, left = [], []
    if taken is not None:
        policies.append(f'"requests";q={key.requests_per_minute};w=60')
        left.append(f'"requests";r={taken.left};t={taken.full_in_s}')
    for each in key_limits.standings(office.reader(), key, office.now_ms()):
        if each.window_s is not None:
            policies.append(f'"{each.name}";q={each.limit};w={each.window_s}')
            left.append(f'"{each.name}";r={each.left};t={each.more_in_s}')
    if not policies:
        return {}
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(left)}
