"""What the local cloud asks a role for, when it is sent a batch of statements."""

import json

from local.cloud_permissions import by_action, partitions, statements


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


def test_a_call_is_limited_by_every_partition_that_it_names() -> None:
    calls = [
        {"TableName": "graph", "Key": {"pk": {"S": "C#1"}, "sk": {"S": "META"}}},
        {"TableName": "graph", "Item": {"pk": {"S": "Q#shop"}, "sk": {"S": "x"}}},
        {
            "RequestItems": {
                "graph": [
                    {"PutRequest": {"Item": {"pk": {"S": "L#1"}}}},
                    {"DeleteRequest": {"Key": {"pk": {"S": "N#2"}}}},
                ]
            }
        },
        {"RequestItems": {"graph": {"Keys": [{"pk": {"S": "S#1"}}, {"pk": {"S": "S#2"}}]}}},
        {
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
            "ExpressionAttributeValues": {":pk": {"S": "S#3"}, ":sk": {"S": "R#"}},
        },
        {
            "TransactItems": [
                {"Put": {"Item": {"pk": {"S": "S#4"}}}},
                {"ConditionCheck": {"Key": {"pk": {"S": "G#1"}}}},
            ]
        },
        {
            "Statements": [
                {
                    "Statement": "INSERT INTO \"graph\" VALUE {'sk': ?, 'pk': ?}",
                    "Parameters": [{"S": "HEAD"}, {"S": "I#1"}],
                },
                {
                    "Statement": 'UPDATE "graph" REMOVE told WHERE pk = ? AND sk = ? AND v = ?',
                    "Parameters": [{"S": "C#2"}, {"S": "META"}, {"N": "1"}],
                },
            ]
        },
    ]
    assert [partitions(json.dumps(call).encode()) for call in calls] == [
        ["C#1"],
        ["Q#shop"],
        ["L#1", "N#2"],
        ["S#1", "S#2"],
        ["S#3"],
        ["S#4", "G#1"],
        ["I#1", "C#2"],
    ]


def test_each_action_of_a_transaction_is_limited_by_the_partitions_that_it_is_done_to() -> None:
    writes = [
        {"Put": {"Item": {"pk": {"S": "C#1"}}}},
        {"Delete": {"Key": {"pk": {"S": "N#2"}}}},
        {"Put": {"Item": {"pk": {"S": "N#3"}}}},
    ]
    assert by_action(json.dumps({"TransactItems": writes}).encode()) == {
        "dynamodb:PutItem": ["C#1", "N#3"],
        "dynamodb:DeleteItem": ["N#2"],
    }
    assert by_action(b'{"TableName": "graph", "Key": {"pk": {"S": "C#1"}}}') == {}
