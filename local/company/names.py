"""Raw material: names, streets and goods. All invented or commonplace."""

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST: Final = {
    "DE": _words(
        "Anna Jonas Lena Paul Mia Felix Jürgen Käthe Emil Clara Oskar Greta Till Marie Lukas "
        "Nora Anton Ida Moritz Elif Deniz Aylin Matthias Sabine Uwe Heike Björn Svenja Katrin "
        "Ralf"
    ),
    "GB": _words(
        "Oliver Amelia Harry Isla George Freya Alfie Poppy Archie Niamh Rhys Bronwen Callum "
        "Eilidh Priya Imran Grace Hugh"
    ),
    "US": _words(
        "Liam Emma Noah Ava Mason Harper Ethan Zoe Caleb Naomi Diego Lucia Marcus Tessa Wyatt "
        "June Hank Opal"
    ),
}
LAST: Final = {
    "DE": _words(
        "Albrecht Bauer Conrad Dietz Engel Fuchs Gärtner Hahn Isenberg Jansen Krüger Lorenz "
        "Möller Neumann Otto Petersen Quast Richter Seidel Thoma Ulrich Vogt Wolff Yilmaz "
        "Zander Kaya Brandt Schulz Keller Weiß"
    ),
    "GB": _words(
        "Ashdown Barlow Clegg Dunmore Ellery Fenwick Garside Hartley Ingram Jessop Kerr Lomax "
        "Mercer Nairn Osborne Pryce Quigley Rowntree Sykes Thwaite Vaughan Whitlock"
    ),
    "US": _words(
        "Abbott Bridger Calloway Delgado Easton Foley Granger Holt Irwin Jarvis Kimball "
        "Lawson Mathis Norwood Ortega Pruitt Ramsey Stroud Tillman Underhill Vance Whitaker"
    ),
}
PLACES: Final = {
    "DE": (("Berlin", "10115"), ("Leipzig", "04109"), ("Hamburg", "20095"), ("Köln", "50667")),
    "GB": (("Leeds", "LS1 4AP"), ("Bristol", "BS1 5TR"), ("Glasgow", "G2 1AL")),
    "US": (("Washington", "20001"), ("Arlington", "22201"), ("Baltimore", "21201")),
}
STREETS: Final = {
    "DE": ("Lindenweg", "Am Alten Hafen", "Kastanienallee", "Mühlgasse"),
    "GB": ("Orchard Lane", "Canal Street", "Mill Road", "Chapel Row"),
    "US": ("Maple Avenue", "Cedar Street", "Harbor Drive", "Juniper Court"),
}
COUNTRIES: Final = {"DE": "Germany", "GB": "United Kingdom", "US": "United States"}
GOODS: Final = (
    ("HP-TENT-2", "Larch tent, two persons", "249.00"),
    ("HP-BAG-40", "Ridge backpack, 40 l", "129.00"),
    ("HP-STOVE", "Ember gas stove", "64.90"),
    ("HP-MUG", "Enamel mug, pine green", "14.50"),
    ("HP-LAMP", "Harbour lantern", "39.90"),
    ("HP-MAT", "Moss sleeping mat", "79.00"),
    ("HP-COAT", "Drizzle rain coat", "159.00"),
    ("HP-SOCK", "Merino socks, pair", "19.90"),
    ("HP-BOOT", "Cairn walking boots", "185.60"),
)
