"""The objects of the API, made by ``represent*.py`` and described in ``/api/openapi.json`` by msgspec.

Names and types here are the API's promise to applications. What each field means is in
:mod:`appliance.web.openapi_fields`, by its name.
"""
