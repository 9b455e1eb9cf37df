"""The stand-ins' credentials. Invented, fixed, and good for nothing but the stand-ins."""

from base64 import b64encode
from typing import Final

Credentials = dict[str, dict[str, str]]
"""`api`: what a pull or a push needs; `webhook`: what a signature is made with."""

ZENDESK_REFRESH: Final = "local-zendesk-refresh-token-0"
"""The first refresh token; each use replaces it."""
SINK: Final = "whsec_" + b64encode(b"local-webhook-sink-secret").decode()


def shop(name: str) -> Credentials:
    """A Shopify shop's app: webhooks are signed with the client secret."""
    secret = f"local-{name}-client-secret"
    return {
        "api": {"client_id": f"local-{name}-client-id", "client_secret": secret},
        "webhook": {"secret": secret},
    }


SECRETS: Final[dict[str, Credentials]] = {
    "shopify-eu": shop("shopify-eu"),
    "mailchimp": {
        "api": {"api_key": "local-mailchimp-key-us21"},
        "webhook": {"secret": "local-mailchimp-url-token"},
    },
    "zendesk": {
        "api": {"client_id": "local-zendesk-client", "client_secret": "local-zendesk-secret"},
        "webhook": {"secret": "local-zendesk-signing-secret"},
    },
    "hubspot": {
        "api": {"access_token": "local-hubspot-private-app-token"},
        "webhook": {"secret": "local-hubspot-client-secret"},
    },
    "webhook-sink": {
        "api": {"secret": SINK},
        "webhook": {"secret": SINK},
    },
}


def credentials(name: str) -> Credentials:
    """A system's credentials; those of a further shop follow from its name."""
    return SECRETS[name] if name in SECRETS else shop(name)
