"""Tokens (JWT) of any OpenID provider, beside API keys: OpenID Connect Discovery 1.0, RFC 7519, 8725 and 9068.

``keys`` fetches what the provider signs with, ``tokens`` checks a token against it, ``claims`` says whom it proves.
"""

from gateway.openid.provider import Provider

__all__ = ["Provider"]
