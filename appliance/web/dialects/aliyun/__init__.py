"""Aliyun's short message service (``dysmsapi.aliyuncs.com``, 2017-05-25), for programs that were written for it.

Names of parameters, answers and codes are those of its public documentation and of its SDK; docs/clients/aliyun.md.
"""
