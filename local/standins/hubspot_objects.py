"""A HubSpot portal's objects: found, shown, made, changed, merged."""

from typing import Final

from local.company.times import millis
from local.standins.moments import moment
from local.standins.wire import Clock, Record

DEFAULTS: Final = {
    "contacts": (
        "createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname",
    ),
    "deals": (
        "amount", "closedate", "createdate", "dealname", "dealstage", "hs_lastmodifieddate",
        "hs_object_id", "pipeline",
    ),
}  # fmt: skip
MODIFIED: Final = {"contacts": "lastmodifieddate", "deals": "hs_lastmodifieddate"}


class Objects:
    """Contacts and deals. `records` are the portal's, not a copy."""

    def __init__(self, records: dict[str, dict[str, Record]], clock: Clock) -> None:
        self.records, self._clock = records, clock

    def find(self, kind: str, key: str, by: str = "") -> Record | None:
        """By id, also one from before a merge, or by a property that is unique."""
        if by in {"", "hs_object_id"}:
            record = self.records[kind].get(key) or self._merged(kind, key)
            return None if record is None or record["archived"] else record
        return next((r for r in self.live(kind) if _is(r, by, key)), None)

    def live(self, kind: str) -> list[Record]:
        """All that are not archived."""
        return [record for record in self.records[kind].values() if not record["archived"]]

    def shown(self, kind: str, record: Record, names: list[str], *, links: bool = False) -> Record:
        """A record with the properties that were asked for, or the usual ones."""
        held, shown = record["properties"], dict(record)
        if held is not None:
            wanted = {*names, "createdate", "hs_object_id", MODIFIED[kind]}
            chosen = sorted(wanted) if names else DEFAULTS[kind]
            shown["properties"] = {name: held.get(name) for name in chosen}
        ids = self.contacts_of(record["id"]) if links and kind == "deals" else []
        if ids:
            found = [{"id": key, "type": "deal_to_contact"} for key in ids]
            shown["associations"] = {"contacts": {"results": found}}
        return shown

    def contacts_of(self, deal: str) -> list[str]:
        """The ids of a deal's contacts."""
        return list(self.records["links"].get(deal, {}).get("contacts", []))

    def add(self, kind: str, properties: Record) -> Record:
        """A new object."""
        now = millis(moment(self._clock()))
        key = str(max((int(key) for key in self.records[kind]), default=0) + 51)
        held = {"hs_object_id": key, "createdate": now, MODIFIED[kind]: now, **properties}
        record: Record = {"id": key, "properties": held, "createdAt": now, "updatedAt": now}
        self.records[kind][key] = record | {"archived": False}
        return self.records[kind][key]

    def change(self, kind: str, record: Record, properties: Record) -> Record:
        """The same object with these properties."""
        now = millis(moment(self._clock()))
        record["properties"] = {**(record["properties"] or {}), **properties, MODIFIED[kind]: now}
        record["updatedAt"] = now
        return record

    def upsert(self, kind: str, one: Record) -> Record:
        """One input of a batch."""
        by, key, properties = one.get("idProperty") or "", str(one["id"]), one["properties"]
        known = self.find(kind, key, by)
        extra = {by: key} if by else {}
        if known:
            return {**self.change(kind, known, properties), "new": False}
        return {**self.add(kind, {**extra, **properties}), "new": True}

    def archive(self, kind: str, key: str) -> None:
        """Out of sight, to be found with `archived=true`."""
        record = self.find(kind, key)
        if record:
            record |= {"archived": True, "archivedAt": millis(moment(self._clock()))}

    def _merged(self, kind: str, key: str) -> Record | None:
        """The contact that one of this id was merged into."""
        for record in self.records[kind].values():
            former = (record["properties"] or {}).get("hs_merged_object_ids") or ""
            if key in former.split(";"):
                return record
        return None


def _is(record: Record, name: str, value: str) -> bool:
    held = (record["properties"] or {}).get(name)
    return str(held or "").lower() == value.lower()
