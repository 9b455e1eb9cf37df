"""What the local cloud asks a role for, when it is sent a batch of statements."""

import json

from local.serve_cloud import statements


def test_each_statement_is_authorised_for_its_verb_on_its_table() -> None:
    body = {
        "Statements": [
            {"Statement": "INSERT INTO \"graph\" VALUE {'pk': ?}", "Parameters": [{"S": "x"}]},
            {"Statement": 'update "journal" SET v = 1 WHERE pk = ?'},
            {"Statement": 'DELETE FROM "graph" WHERE pk = ?'},
            {"Statement": 'SELECT * FROM "graph" WHERE pk = ?'},
        ]
    }
    assert statements(json.dumps(body).encode()) == [
        ("INSERT", "graph"),
        ("update", "journal"),
        ("DELETE", "graph"),
        ("SELECT", "graph"),
    ]


def test_what_is_no_statement_is_left_to_the_cloud() -> None:
    known, unknown = {"Statement": 'DELETE FROM "graph"'}, {"Statement": "EXISTS(1)"}
    assert statements(json.dumps({"Statements": [known, unknown]}).encode()) == []
