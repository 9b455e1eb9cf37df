"""An audience's members as Mailchimp lets them be changed."""

import re
from typing import Final
from urllib.parse import unquote

from local.company.mailchimp import member_hash
from local.company.times import offset
from local.standins.mailchimp_answers import invalid, missing, problem
from local.standins.moments import moment
from local.standins.wire import Clock, Record, Response, reply

STATUSES: Final = {
    "subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived",
}  # fmt: skip
MERGE_FIELDS: Final = ("FNAME", "LNAME", "ADDRESS", "PHONE", "BIRTHDAY", "COMPANY")
BY_ADMIN: Final = "N/A (Unsubscribed by an admin)"


class Members:
    """Adds, changes and forgets members. `records` are the account's, not a copy."""

    def __init__(self, list_id: str, records: dict[str, dict[str, Record]], clock: Clock) -> None:
        self.list_id, self.records, self._clock = list_id, records, clock

    def find(self, key: str) -> Record | None:
        """A member by hash, or by the address itself."""
        key = unquote(key)
        return self.records["members"].get(member_hash(key) if "@" in key else key)

    def upsert(self, key: str, given: Record) -> Response:
        """PUT, or POST without a key."""
        known = self.find(key) if key else None
        if known:
            return self.change(known, given)
        email = str(given.get("email_address", ""))
        status = str(given.get("status_if_new") or given.get("status"))
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email) or status not in STATUSES:
            return invalid()
        if member_hash(email) in self.records["forgotten"]:
            detail = f"{email} was permanently deleted and cannot be re-imported."
            return problem(400, "Forgotten Email Not Subscribed", detail)
        if member_hash(email) in self.records["members"]:
            return problem(400, "Member Exists", f"{email} is already a list member.")
        return self._add(email, status, given)

    def change(self, member: Record, given: Record) -> Response:
        """PATCH; who left by themselves comes back only as `pending`."""
        wanted = given.get("status") or member["status"]
        if wanted not in STATUSES:
            return invalid()
        if wanted == "subscribed" and _locked(member):
            detail = (
                f"{member['email_address']} is already in a compliance state due to unsubscribe, "
                "bounce, or compliance review and cannot be subscribed."
            )
            return problem(400, "Member In Compliance State", detail)
        if wanted == "unsubscribed" and member["status"] != wanted:
            member["unsubscribe_reason"] = BY_ADMIN
        if wanted == "subscribed" != member["status"]:
            member["timestamp_opt"] = self._now()
        member["status"] = wanted
        _merge(member, given)
        member["last_changed"] = self._now()
        return reply(200, member)

    def archive(self, member: Record) -> Response:
        """DELETE keeps the member, archived."""
        member |= {"status": "archived", "last_changed": self._now()}
        return reply(204)

    def forget(self, key: str) -> Response:
        """Delete for good: the address can't be imported again."""
        member = self.find(key)
        if member is None:
            return missing()
        self.records["activity"].pop(member["id"], None)
        self.records["forgotten"][member["id"]] = {"id": member["id"]}
        del self.records["members"][member["id"]]
        return reply(204)

    def _now(self) -> str:
        return offset(moment(self._clock()))

    def _add(self, email: str, status: str, given: Record) -> Response:
        member: Record = {
            "id": member_hash(email),
            "email_address": email,
            "unique_email_id": member_hash("unique" + email)[:10],
            "contact_id": member_hash("contact" + email),
            "status": status,
            "merge_fields": dict.fromkeys(MERGE_FIELDS, ""),
            "timestamp_signup": "",
            "timestamp_opt": self._now() if status == "subscribed" else "",
            "ip_opt": "",
            "ip_signup": "",
            "last_changed": self._now(),
            "language": "",
            "source": "API - Generic",
            "tags": [],
            "list_id": self.list_id,
        }
        _merge(member, given)
        self.records["members"][member["id"]] = member
        return reply(200, member)


def _locked(member: Record) -> bool:
    """Whether the person went by themselves: then only they can come back."""
    by_self = member["status"] == "unsubscribed" and member.get("unsubscribe_reason") != BY_ADMIN
    return by_self or member["status"] == "cleaned"


def _merge(member: Record, given: Record) -> None:
    """Merge fields that the audience does not have are ignored, as Mailchimp does."""
    fields = given.get("merge_fields") or {}
    member["merge_fields"] |= {k: v for k, v in fields.items() if k in MERGE_FIELDS}
    member |= {k: given[k] for k in ("language", "vip", "timestamp_opt", "ip_opt") if k in given}
