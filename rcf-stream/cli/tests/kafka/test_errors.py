"""What cannot work is said at once, on one line and with the remedy."""

from __future__ import annotations

import pytest

from broker import Broker, free_ports
from conftest import path_of
from program import Program
from topics import Topic

CONFIGURATION, RUNTIME = 78, 1


def refused(rcf: Program, status: int, **settings: str) -> str:
    """Runs a program that cannot start, and returns its message."""
    (rcf.folder / "rcf.log").unlink(missing_ok=True)
    with rcf.start(follow=False, **settings) as run:
        assert run.wait_for_end() == status, run.report()
    lines = [line for line in run.text().splitlines() if line.startswith("rcf: ")]
    assert len(lines) == 1, run.text()
    return lines[0]


def test_what_is_not_there_is_named(topic, program) -> None:
    source, sink = topic("there", 1), topic("scores", 1)
    source.put([("a", {"value": 1})])
    text = refused(program(source, sink), CONFIGURATION, source="nowhere")
    assert "cannot read the topic nowhere" in text and "create it, or correct its name" in text
    rcf = program(source, topic("other", 1))
    text = refused(rcf, CONFIGURATION, sink="nowhere")
    assert "cannot write to the topic nowhere" in text and "create it" in text
    text = refused(rcf, CONFIGURATION, options=', "group.id=mine"')
    assert "group.id cannot be set here: set group" in text
    text = refused(rcf, CONFIGURATION, options=', "no.such.option=1"')
    assert "no.such.option" in text and "correct the brokers or the options" in text
    (port,) = free_ports(1)
    text = refused(rcf, RUNTIME, brokers=f"127.0.0.1:{port}")
    assert f"127.0.0.1:{port}" in text and "start a broker there" in text


def test_a_file_cannot_take_the_results_of_a_group(topic, program, tmp_path) -> None:
    rcf = program(topic("values", 1), topic("scores", 1))
    path = tmp_path / "results.jsonl"
    extra = f'[dead_letters]\nkind = "file"\npath = "{path}"'
    bad = 'on_bad_record = "dead_letter"'
    text = refused(rcf, CONFIGURATION, extra=extra, input_extra=bad)
    assert "dead_letters.path" in text and "cannot go to a file" in text
    assert not path.exists()


SECURE = """
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin;User:ANONYMOUS
listener.name.plaintext.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule \
    required username="admin" password="secret" user_admin="secret" user_guest="guest";
"""


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("secure")
    with SecureBroker(path_of("KAFKA_TEST_JARS"), folder, SECURE) as broker:
        yield broker


class SecureBroker(Broker):
    """A broker that asks who one is."""

    client = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "admin",
        "sasl.password": "secret",
    }


def test_who_may_not_is_told_so(secure, binary, tmp_path) -> None:
    source, sink = Topic(secure, "values", 1), Topic(secure, "scores", 1)
    source.put([("a", {"value": 1})])
    rcf = Program(binary, secure.address, tmp_path / "rcf", "values", "scores")

    def sasl(user: str, password: str) -> dict[str, str]:
        options = ["security.protocol=SASL_PLAINTEXT", "sasl.mechanism=PLAIN"]
        options += [f"sasl.username={user}", f"sasl.password={password}"]
        quoted = ", ".join(f'"{it}"' for it in options)
        return {"options": f", {quoted}", "sink_extra": f"options = [{quoted}]"}

    text = refused(rcf, CONFIGURATION, **sasl("admin", "wrong"))
    assert "sasl.username and sasl.password" in text and "wrong" not in text, text
    text = refused(rcf, CONFIGURATION, **sasl("guest", "guest"))
    assert "give this user the rights" in text, text
    rcf.run_to_tip(**sasl("admin", "secret"))
    assert [it.json["value"] for it in sink.read()] == [[1]]
