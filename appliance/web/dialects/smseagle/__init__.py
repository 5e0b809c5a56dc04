"""The three ways in of an SMSEagle: JSON-RPC and HTTP GET of its v1, and its v2. docs/clients/smseagle.md.

Names of methods, parameters and answers are those of its user's manuals (NPE-9300, MHD-8100).
"""
