"""What ``/v1`` publishes: the public fields of an offering in the API's shape.

Addresses of pictures and attachments begin with the site's; without one they are paths from the root of the site.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from generator.addresses import attachment_key
from generator.models import TEXT_NAMES, PublicOffering


def short_record(offering: PublicOffering, base_url: str) -> dict[str, object]:
    """The public fields of an offering in the API's shape, without its texts."""
    return {
        "id": offering.id,
        "reference": offering.reference,
        "name": offering.name,
        "card_description": offering.card_description or None,
        "configuration_uri_template": offering.configuration_uri_template,
        "created_at": _iso(offering.created_at),
        "picture_uri": base_url + offering.picture.path,
        "policy_jwt_alg": offering.policy_jwt_alg,
        "requires_enabled_oauth_person": offering.requires_enabled_oauth_person,
        "updated_at": _iso(offering.updated_at),
    }


def whole_record(offering: PublicOffering, base_url: str) -> dict[str, object]:
    """The public fields of an offering in the API's shape; texts as written, attachments at our addresses."""
    addresses = {a.key: base_url + quote(a.download.path) for a in offering.attachments}
    ours = {attachment_key(key): address for key, address in addresses.items()}
    texts: dict[str, object] = {name: _with_our_addresses(getattr(offering, name), ours) or None for name in TEXT_NAMES}
    attachments = [
        {"name": a.download.name, "uri": addresses[a.key], "size": a.download.size} for a in offering.attachments
    ]
    return {**short_record(offering, base_url), **texts, "attachments": attachments}


def _with_our_addresses(text: str, ours: Mapping[str, str]) -> str:
    """Write `ours` for the attachments that a text names, in whatever spelling, and change nothing else."""
    if not ours:
        return text
    spelled = sorted((re.escape(key) for key in ours), key=len, reverse=True)
    named = re.compile(rf"(?<![\w/.%-])(?:(?:{'|'.join(spelled)})(?![\w/%-]|\.\w)|attachments/[^\s()<>\[\]\"']+)")
    return named.sub(lambda match: ours.get(attachment_key(match[0]), match[0]), text)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
