"""What the operator refuses before a job runs."""

import pytest
from pyflink.common import Duration
from pyflink.datastream.state import StateTtlConfig

import rcf
import rcf.flink


def builder() -> rcf.flink.Builder:
    return rcf.flink.RandomCutForestOperator.builder()


def test_broken_parameters_are_refused_when_the_operator_is_built():
    with pytest.raises(rcf.ConfigError, match="sample_size"):
        builder().sample_size(0).build()
    with pytest.raises(rcf.ConfigError, match="max_keys"):
        builder().max_keys(0)
    with pytest.raises(rcf.ConfigError, match="side-output"):
        builder().refuse("skip")


def test_a_time_to_live_must_leave_the_cache_on():
    ttl = StateTtlConfig.new_builder(Duration.of_hours(1))
    kept = StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp
    with pytest.raises(rcf.ConfigError, match="whole model with every record"):
        builder().time_to_live(ttl.build())
    good = ttl.set_state_visibility(kept).set_update_type(StateTtlConfig.UpdateType.OnCreateAndWrite).build()
    assert builder().time_to_live(good).build() is not None
    often = ttl.set_update_type(StateTtlConfig.UpdateType.OnReadAndWrite).build()
    with pytest.raises(rcf.ConfigError, match="whole model with every record"):
        builder().time_to_live(often)


def test_thread_mode_is_refused():
    class Context:
        """As PyFlink makes one in thread mode."""

    Context.__module__ = "pyflink.fn_execution.datastream.embedded.runtime_context"
    with pytest.raises(rcf.ConfigError, match="execution-mode"):
        builder().build().open(Context())


def test_too_many_keys_end_the_job():
    operator = builder().max_keys(2).build()
    for key in ("a", "b", "a", "b"):
        operator._count(key)
    with pytest.raises(rcf.flink.TooManyKeysError, match="max_keys = 2"):
        operator._count("c")
