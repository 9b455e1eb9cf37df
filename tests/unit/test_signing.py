"""Our signature is botocore's."""

from datetime import UTC, datetime

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Theirs
from hypothesis import given
from hypothesis import strategies as st

from adapters.signing import Credentials, Scope, signed

AT = datetime(2026, 3, 1, 9, 5, 7, tzinfo=UTC)


@given(
    body=st.binary(max_size=200),
    token=st.none() | st.text("abc/+=", min_size=1, max_size=40),
    service=st.sampled_from(["dynamodb", "events", "sqs", "secretsmanager"]),
    endpoint=st.sampled_from(["http://127.0.0.1:4566/", "https://sqs.eu-west-1.amazonaws.com/"]),
)
def test_it_is_the_one_that_botocore_makes(
    body: bytes, token: str | None, service: str, endpoint: str
) -> None:
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "Some.Call"}
    request = AWSRequest(method="POST", url=endpoint, data=body, headers=headers)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(botocore.auth, "get_current_datetime", lambda: AT)
        botocore.auth.SigV4Auth(Theirs("AKID", "secret", token), service, "eu-west-1").add_auth(
            request
        )
    host = endpoint.removesuffix("/").partition("//")[2]
    ours = signed(
        Credentials("AKID", "secret", token),
        Scope(service, "eu-west-1"),
        {**headers, "host": host},
        body,
        AT,
    )
    assert ours["authorization"] == request.headers["Authorization"]
    assert ours["x-amz-date"] == request.headers["X-Amz-Date"]
