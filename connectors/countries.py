"""Countries by the names that people type, as the hint that a phone number needs."""

from typing import Final

from rules.normalise import comparable

CODE: Final = 2
NAMES: Final = {
    "AT": "austria|osterreich",
    "AU": "australia",
    "BE": "belgium|belgie|belgique",
    "BR": "brazil|brasil",
    "CA": "canada",
    "CH": "switzerland|schweiz|suisse|svizzera",
    "CN": "china",
    "CZ": "czechia|czech republic|cesko",
    "DE": "germany|deutschland|allemagne",
    "DK": "denmark|danmark",
    "ES": "spain|espana",
    "FI": "finland|suomi",
    "FR": "france|frankreich",
    "GB": "united kingdom|great britain|england|scotland|wales|northern ireland|uk",
    "GR": "greece|hellas",
    "HU": "hungary|magyarorszag",
    "IE": "ireland|eire",
    "IN": "india",
    "IT": "italy|italia|italien",
    "JP": "japan",
    "LU": "luxembourg|luxemburg",
    "MX": "mexico",
    "NL": "netherlands|the netherlands|nederland|holland",
    "NO": "norway|norge",
    "NZ": "new zealand",
    "PL": "poland|polska",
    "PT": "portugal",
    "SE": "sweden|sverige",
    "US": "united states|united states of america|usa|us a",
    "ZA": "south africa",
}
CODES: Final = {name: code for code, names in NAMES.items() for name in names.split("|")}


def country_code(raw: str) -> str | None:
    """ISO 3166 in two letters, of a code or a well-known name; None is no hint."""
    code = raw.strip()
    if len(code) == CODE and code.isalpha() and code.lower() != "uk":
        return code.upper()
    return CODES.get(comparable(raw) or "")
