"""Signed calls: the specification's own example, and all that is no signature."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest

from gateway.signing import Call, signature, signed_call

# https://github.com/standard-webhooks/standard-webhooks: what every library of theirs is tested with.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
SECONDS = "1614265330"
BODY = b'{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
CALL = Call(ID, datetime(2021, 2, 25, 15, 2, 10, tzinfo=UTC))


def headers(**changes: str) -> dict[str, str]:
    told = {"webhook-id": ID, "webhook-timestamp": SECONDS, "webhook-signature": SIGNED}
    return told | {name.replace("_", "-"): value for name, value in changes.items()}


def test_the_specifications_example() -> None:
    assert signature(ID, SECONDS, BODY, SECRET) == SIGNED
    assert signed_call(headers(), BODY, SECRET) == CALL


@pytest.mark.parametrize("given", [f"v1,AAAA {SIGNED}", f"{SIGNED} v1,AAAA", f"v1a,x {SIGNED} v2,y"])
def test_one_good_signature_among_several_is_enough(given: str) -> None:
    assert signed_call(headers(webhook_signature=given), BODY, SECRET) == CALL


@pytest.mark.parametrize("secret", ["a text as it is", "whsec_not base64!", "clé secrète", "whsec_clé"])
def test_a_secret_may_be_any_text(secret: str) -> None:
    signed = signature(ID, SECONDS, BODY, secret)
    assert signed_call(headers(webhook_signature=signed), BODY, secret) == CALL
    assert signed_call(headers(webhook_signature=signed), BODY, secret + "x") is None


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook_signature": ""},
        {"webhook_signature": SIGNED.removeprefix("v1,")},
        {"webhook_signature": SIGNED[:-2]},
        {"webhook_signature": SIGNED.replace("v1", "v2")},
        {"webhook_signature": "v1,é"},
        {"webhook_signature": " ".join([*["v1,AAAA"] * 8, SIGNED])},
        {"webhook_id": "msg_other"},
        {"webhook_timestamp": "1614265331"},
    ],
)
def test_what_is_not_signed(changed: dict[str, str]) -> None:
    assert signed_call(headers(**changed), BODY, SECRET) is None


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("", SECONDS), ("x" * 129, SECONDS), ("a b", SECONDS), (ID, ""), (ID, "-1"), (ID, "1614265330.5"), (ID, "9" * 12)],
)
def test_a_signature_of_what_is_no_call(name: str, seconds: str) -> None:
    signed = signature(name, seconds, BODY, SECRET)
    told = headers(webhook_id=name, webhook_timestamp=seconds, webhook_signature=signed)
    assert signed_call(told, BODY, SECRET) is None


def test_another_body_is_not_signed() -> None:
    assert signed_call(headers(), BODY + b" ", SECRET) is None
    assert signed_call({}, BODY, SECRET) is None


@pytest.mark.parametrize("secret", [None, "", "whsec_"])
def test_without_a_secret_nothing_is_signed(secret: str | None) -> None:
    empty = b64encode(b"").decode()
    for tried in ("", empty, "whsec_", "None"):
        signed = signature(ID, SECONDS, BODY, tried)
        assert signed_call(headers(webhook_signature=signed), BODY, secret) is None


def test_a_call_is_good_for_five_minutes_either_side() -> None:
    for minutes, is_timely in ((0, True), (5, True), (-5, True), (5.1, False), (-5.1, False)):
        assert CALL.is_timely(CALL.at + timedelta(minutes=minutes)) is is_timely
