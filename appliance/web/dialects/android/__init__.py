"""The API of "SMS Gateway for Android" (capcom6), local mode and private server. docs/clients/android-sms-gateway.md.

Names of members and states are those of its public clients (Python 4.3, npm 3.0).
"""
