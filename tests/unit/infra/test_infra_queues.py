"""Nothing is lost on its way: queues, dead letters, rules, the stream, and who hears of it."""

import json

from tests.unit.infra.template import Properties, Template, points_to


def queues(flow: Template) -> dict[str, Properties]:
    return flow.of("AWS::SQS::Queue")


def dead_letter_queues(flow: Template) -> set[str]:
    named = {
        name
        for name, queue in flow.of("AWS::SQS::Queue").items()
        if queue["QueueName"].endswith("-dead")
    }
    assert named
    return named


def test_every_queue_is_encrypted_and_spares_the_key(flow: Template) -> None:
    for name, queue in queues(flow).items():
        assert points_to(queue["KmsMasterKeyId"]).endswith("KeyArn66D44B37"), name
        assert queue["KmsDataKeyReusePeriodSeconds"] == 86_400, name


def test_every_queue_sets_aside_what_fails(flow: Template) -> None:
    dead = dead_letter_queues(flow)
    for name, queue in flow.of("AWS::SQS::Queue").items():
        if name not in dead:
            assert points_to(queue["RedrivePolicy"]["deadLetterTargetArn"]) in dead
            assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
            assert queue["MessageRetentionPeriod"] == 4 * 86_400
        else:
            assert queue["MessageRetentionPeriod"] == 14 * 86_400


def test_every_dead_letter_queue_alarms_from_its_first_message(flow: Template) -> None:
    watched = {
        points_to(dimension["Value"])
        for alarm in flow.of("AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Dimensions"]
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
        and alarm["Threshold"] == 1
        and alarm["AlarmActions"]
    }
    assert watched == dead_letter_queues(flow)


def test_a_message_stays_hidden_for_six_times_the_longest_run(flow: Template) -> None:
    mappings = flow.of("AWS::Lambda::EventSourceMapping").values()
    worked = {
        points_to(mapping["EventSourceArn"]): points_to(mapping["FunctionName"])
        for mapping in mappings
        if "ScalingConfig" in mapping
    }
    assert set(worked) == set(queues(flow)) - dead_letter_queues(flow)
    for queue, function in worked.items():
        visibility = flow.resources[queue]["Properties"]["VisibilityTimeout"]
        timeout = flow.resources[function]["Properties"]["Timeout"]
        assert visibility >= 6 * timeout


def test_a_batch_fails_in_parts_and_at_a_bounded_concurrency(flow: Template) -> None:
    for mapping in flow.of("AWS::Lambda::EventSourceMapping").values():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    for mapping in flow.of("AWS::Lambda::EventSourceMapping").values():
        if "StartingPosition" not in mapping:
            assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2
    for function in flow.functions().values():
        assert "ReservedConcurrentExecutions" not in function


def test_every_rule_keeps_what_it_cannot_deliver(flow: Template) -> None:
    allowed = {
        (points_to(queue), points_to(statement["Condition"]["ArnEquals"]["aws:SourceArn"]))
        for policy in flow.of("AWS::SQS::QueuePolicy").values()
        for queue in policy["Queues"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Principal"] == {"Service": "events.amazonaws.com"}
        and statement["Action"] == "sqs:SendMessage"
    }
    rules = flow.of("AWS::Events::Rule")
    assert len(rules) == 7  # four sources, resolve, two destinations
    for name, rule in rules.items():
        for target in rule["Targets"]:
            dead = points_to(target["DeadLetterConfig"]["Arn"])
            assert dead in dead_letter_queues(flow)
            assert {(dead, name), (points_to(target["Arn"]), name)} <= allowed


def test_plain_http_is_denied(flow: Template) -> None:
    denying = {
        points_to(queue)
        for policy in flow.of("AWS::SQS::QueuePolicy").values()
        for queue in policy["Queues"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }
    assert denying == set(queues(flow))


def test_the_stream_bisects_gives_up_and_keeps_what_it_gave_up(flow: Template) -> None:
    (mapping,) = [
        mapping
        for mapping in flow.of("AWS::Lambda::EventSourceMapping").values()
        if "StartingPosition" in mapping
    ]
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["BisectBatchOnFunctionError"]
    assert 0 < mapping["MaximumRetryAttempts"] < 100
    assert 0 < mapping["MaximumRecordAgeInSeconds"] <= 86_400
    parked = points_to(mapping["DestinationConfig"]["OnFailure"]["Destination"])
    assert parked in dead_letter_queues(flow)


def test_of_the_views_only_their_end_comes_from_the_stream(flow: Template) -> None:
    (criteria,) = [
        mapping["FilterCriteria"]
        for mapping in flow.of("AWS::Lambda::EventSourceMapping").values()
        if "StartingPosition" in mapping
    ]
    patterns = [json.loads(each["Pattern"]) for each in criteria["Filters"]]
    named = {
        place["prefix"]: pattern.get("eventName")
        for pattern in patterns
        for place in pattern["dynamodb"]["Keys"]["pk"]["S"]
    }
    assert named == {"S#": None, "I#": None, "G#": None, "C#": ["REMOVE"]}


def test_a_stream_that_falls_behind_alarms(flow: Template) -> None:
    (alarm,) = [
        alarm
        for alarm in flow.of("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "IteratorAge"
    ]
    assert alarm["Threshold"] == 300_000
    assert points_to(alarm["Dimensions"][0]["Value"]) in flow.function_ids()


def test_a_function_that_fails_alarms(flow: Template) -> None:
    failing = {
        points_to(alarm["Dimensions"][0]["Value"])
        for alarm in flow.of("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "Errors"
    }
    assert failing == set(flow.function_ids())


def test_a_group_of_records_that_is_too_large_alarms_by_what_announce_counts(
    flow: Template,
) -> None:
    (alarm,) = [
        alarm
        for alarm in flow.of("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "LinksTooLarge"
    ]
    told = flow.functions()["announce"]["Environment"]["Variables"]
    assert (
        alarm["Namespace"] == told["SLUICE_METRICS_NAMESPACE"] == f"Sluice/{told['SLUICE_STAGE']}"
    )
    assert alarm["Dimensions"] == [{"Name": "service", "Value": told["SLUICE_FUNCTION"]}]
    assert alarm["Threshold"] == 1
    assert alarm["AlarmActions"]


def test_an_api_that_does_not_answer_alarms(flow: Template) -> None:
    (alarm,) = [
        alarm
        for alarm in flow.of("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "5xx"
    ]
    assert [each["Name"] for each in alarm["Dimensions"]] == ["ApiId"]
    assert (alarm["Threshold"], bool(alarm["AlarmActions"])) == (1, True)


def test_alarms_may_publish_to_their_topic(flow: Template) -> None:
    (policy,) = flow.of("AWS::SNS::TopicPolicy").values()
    (allowed,) = [
        each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"
    ]
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Action"] == "sns:Publish"
