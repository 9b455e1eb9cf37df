"""A system of `sluice.yaml` fits its connector, or the line and what to write are named."""

import re
from pathlib import Path

import pytest

from cli import files
from connectors.fitting import FITS, HINT
from connectors.registry import REGISTRY, load
from tests.fakes.documents import ROOT, SLUICE, line_of, problems, slipped

PAGE = (ROOT / "docs" / "adding-a-connector.md").read_text()


def test_given_the_shipped_file_then_every_system_fits() -> None:
    assert files.config(ROOT / "sluice.yaml").sources


@pytest.mark.parametrize(
    "right,wrong,said",
    [
        (
            "connector: zendesk",
            "connector: zendsk",
            'there is no connector "zendsk". Write zendesk.',
        ),
        ("connector: zendesk", "connector: acme.no.such", 'no connector "acme.no.such"'),
        ("connector: zendesk", "connector: schemas.config", "it needs SPEC"),
        ("connector: zendesk", "connector: webhook", "Write it under destinations."),
        ("    connector: webhook", "    connector: zendesk", "Write it under sources."),
        ("      list: a", "      lst: a", 'mailchimp has no setting "lst". Write list.'),
        ("create: false", "creat: false", "Write create."),
        ("create: false", "create: maybe", "Write true or false."),
        ("create: false", "opt_out: propert", "Write property."),
        ("create: false", "page_size: 0", "Write a whole number above 0."),
        ("create: false", "page_size: true", "Write a whole number above 0."),
        ("create: false", "won_stages: closedwon", "Write a list"),
        ("create: false", "country: NO", "in quotes"),
        ("create: false", "fields: [a]", "Write pairs"),
        ("first_name: FNAME", "fist_name: FNAME", "Write first_name."),
        ("      list: a", "      list: # a", "Write text."),
    ],
)
def test_given_what_does_not_fit_then_its_line_and_the_remedy_are_named(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    found = problems(files.config, tmp_path / "sluice.yaml", slipped(SLUICE, right, wrong))
    place = f"sluice.yaml:{line_of(SLUICE, right)}  "
    assert any(each.startswith(place) and said in each for each in found), found


def test_given_no_setting_that_is_needed_then_its_system_is_named(tmp_path: Path) -> None:
    text = slipped(SLUICE, "    settings:\n      list: a1b2c3d4e5\n", "")
    (found,) = problems(files.config, tmp_path / "sluice.yaml", text)
    line = line_of(text, "  mailchimp:")
    assert found.startswith(f"sluice.yaml:{line}  sources.mailchimp.settings.list: ")
    assert "Write list: and the audience's id" in found


OURS = """
from connectors.contract import Setting, Spec

SPEC = Spec(
    name="acme",
    title="Acme",
    kinds=("person",),
    settings={"depth": Setting("how deep", "whole", required=True)},
)
"""


def test_given_a_connector_of_ones_own_then_its_settings_are_those_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fitted").mkdir()
    (tmp_path / "fitted" / "acme.py").write_text(OURS)
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "sluice.yaml"
    one = "company: x\nsources:\n  a: {connector: fitted.acme, base_url: https://x.example%s}\n"
    path.write_text(one % ", settings: {depth: 2}")
    assert files.config(path).sources["a"].settings["depth"] == 2
    (found,) = problems(files.config, path, one % "")
    assert "Write depth: and how deep" in found


@pytest.mark.parametrize("name", REGISTRY)
def test_the_page_names_the_settings_that_the_connector_names(name: str) -> None:
    (row,) = (line for line in PAGE.splitlines() if line.startswith(f"| `{name}`"))
    told = set(re.findall(r"`([a-z_]+)`", row.split("|")[5]))
    settings = load(name).SPEC.settings
    assert told - {"country"} == settings.keys()
    assert all(each.what and each.kind in FITS for each in (HINT, *settings.values()))
