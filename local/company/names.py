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
    ("LL-LOOM", "Table loom, 60 cm", "249.00"),
    ("LL-ARC", "Arc floor lamp", "129.00"),
    ("LL-SHADE", "Linen lamp shade", "64.90"),
    ("LL-BULB", "Amber bulb, E27", "14.50"),
    ("LL-CUSHION", "Woven cushion cover", "39.90"),
    ("LL-THROW", "Herringbone throw", "79.00"),
    ("LL-RUG", "Flat-weave rug, 120 x 180", "159.00"),
    ("LL-YARN", "Wool yarn, 500 g", "19.90"),
    ("LL-PENDANT", "Glass pendant light", "185.60"),
)
"""Article, title and price of what Lumen & Loom sells."""
