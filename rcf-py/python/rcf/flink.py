"""Random Cut Forest as an operator of Apache Flink: one model for each key, exactly once.

Higher scores are more anomalous. Needs ``pip install 'rcf[flink]'`` and Java 17.

The model of a key is the value of Flink's state itself: it lives in the Python worker, learns in place,
and is marked as changed with every record. PyFlink writes it out once for each *bundle* of records, and
finishes the bundle before every checkpoint. So a checkpoint holds each model exactly as it was after the
last record before it, and a restart continues with the same bits.
"""

from collections.abc import Callable
from typing import Any

try:
    from pyflink.common import Configuration, Types
    from pyflink.datastream import KeyedProcessFunction, OutputTag, RuntimeContext
    from pyflink.datastream.state import StateTtlConfig, ValueStateDescriptor
except ImportError as error:  # pragma: no cover
    raise ImportError("rcf.flink needs PyFlink: pip install 'rcf[flink]'") from error

from ._errors import ConfigError, InputError, RcfError
from ._rcf import RandomCutForest

__all__ = ["REFUSED", "RandomCutForestOperator", "TooManyKeysError", "configuration"]

REFUSED = OutputTag("rcf-refused", Types.TUPLE([Types.STRING(), Types.STRING()]))
"""Side output of records that no model can take: the record as text, and what is wrong with it."""


class TooManyKeysError(RcfError, RuntimeError):
    """A worker has received more keys than it was configured for."""


def configuration(
    python: str, *, max_keys: int = 1000, bundle_size: int = 1000, bundle_milliseconds: int = 100
) -> Configuration:
    """Settings of Flink under which the operator is exact and fast; merge your own into them.

    Parameters
    ----------
    python : str
        The interpreter, with rcf installed, that client and workers run.
    max_keys : int, default 1000
        Number of models that a worker keeps in memory. Those beyond it are written out and read back at
        every turn: milliseconds instead of microseconds.
    bundle_size, bundle_milliseconds : int
        A bundle ends after this many records or so much time. Results leave with the end of a bundle: the
        time is the price in latency. And each model that a bundle has changed is written out at its end:
        short bundles cost throughput.

    Returns
    -------
    Configuration
        For ``StreamExecutionEnvironment.get_execution_environment``.
    """
    settings = Configuration()
    settings.set_string("python.execution-mode", "process")
    settings.set_string("python.executable", python)
    settings.set_string("python.client.executable", python)
    settings.set_integer("python.state.cache-size", max_keys)
    settings.set_integer("python.fn-execution.bundle.size", bundle_size)
    settings.set_integer("python.fn-execution.bundle.time", bundle_milliseconds)
    return settings


class RandomCutForestOperator(KeyedProcessFunction):
    """A model for each key: records in, results out. Made by `builder`."""

    def __init__(self, builder: "Builder") -> None:
        """Take over the settings of the builder."""
        self._model = builder._model
        self._parameters = dict(builder._parameters)
        self._step = builder._step
        self._input_mapper = builder._input_mapper
        self._result_mapper = builder._result_mapper
        self._time_to_live = builder._time_to_live
        self._max_keys = builder._max_keys
        self._refuse = builder._refuse
        self._keys: set[Any] = set()
        self._state: Any = None

    @staticmethod
    def builder() -> "Builder":
        """Start to describe an operator."""
        return Builder()

    def open(self, runtime_context: RuntimeContext) -> None:
        """Ask Flink for the state; called by Flink before the first record."""
        if ".embedded." in type(runtime_context).__module__:
            raise ConfigError(
                "thread mode writes the whole model out with every record: set "
                "python.execution-mode to process, as rcf.flink.configuration does"
            )
        descriptor = ValueStateDescriptor("rcf-model", Types.PICKLED_BYTE_ARRAY())
        if self._time_to_live is not None:
            descriptor.enable_time_to_live(self._time_to_live)
        self._state = runtime_context.get_state(descriptor)

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Any:
        """Score a record and learn it; called by Flink."""
        model = self._state.value()
        if model is None:
            model = self._model(**self._parameters)
        self._count(ctx.get_current_key())
        try:
            result = self._step(model, self._input_mapper(value))
        except (InputError, TypeError, ValueError) as error:
            if self._refuse == "fail":
                raise
            # A refused record has left the model as it was.
            yield REFUSED, (repr(value), str(error))
            return
        # Every record marks the model as changed: what is not marked is not in the checkpoint.
        self._state.update(model)
        yield self._result_mapper(value, result)

    def _count(self, key: Any) -> None:
        if key in self._keys:
            return
        if len(self._keys) >= self._max_keys:
            raise TooManyKeysError(
                f"more than max_keys = {self._max_keys} keys have arrived at this worker; raise it here and "
                "in rcf.flink.configuration, or the parallelism, or let old models go with time_to_live"
            )
        self._keys.add(key)


def _score(forest: RandomCutForest, values: Any) -> float:
    """Score a record, then learn it."""
    score = forest.score(values)
    forest.update(values)
    return score


class Builder:
    """Describes a `RandomCutForestOperator`; each method gives the builder back.

    Examples
    --------
    ::

        operator = (
            RandomCutForestOperator.builder()
            .dimensions(1)
            .shingle_size(4)
            .sample_size(256)
            .input_mapper(lambda row: [row.value])
            .result_mapper(lambda row, score: (row.sensor, row.time, score))
            .build()
        )
        scores = records.key_by(lambda row: row.sensor).process(operator, output_type)
    """

    def __init__(self) -> None:
        """Start with a forest of default parameters."""
        self._model: Callable[..., Any] = RandomCutForest
        self._parameters: dict[str, Any] = {}
        self._step: Callable[[Any, Any], Any] = _score
        self._input_mapper: Callable[[Any], Any] = _same
        self._result_mapper: Callable[[Any, Any], Any] = _both
        self._time_to_live: StateTtlConfig | None = None
        self._max_keys = 1000
        self._refuse = "fail"

    def dimensions(self, dimensions: int) -> "Builder":
        """Set the number of values in a record; default 1."""
        return self.parameters(input_dimensions=dimensions)

    def shingle_size(self, shingle_size: int) -> "Builder":
        """Set the number of consecutive records that make one point; default 1."""
        return self.parameters(shingle_size=shingle_size)

    def sample_size(self, sample_size: int) -> "Builder":
        """Set the number of points that each tree keeps; default 256."""
        return self.parameters(sample_size=sample_size)

    def parameters(self, **parameters: Any) -> "Builder":
        """Set any parameters of the model. All keys have the same seed: a model knows its key alone."""
        self._parameters.update(parameters)
        return self

    def model(self, model: Callable[..., Any], step: Callable[[Any, Any], Any]) -> "Builder":
        """Set another model: how it is built from the parameters, and how it takes values.

        The model must pickle to its complete state, as all classes of this package do. `step` is given
        the model and the mapped values, changes the model, and returns the result; if it refuses the
        values with `InputError`, `TypeError` or `ValueError`, it must leave the model as it was.
        """
        self._model, self._step = model, step
        return self

    def input_mapper(self, mapper: Callable[[Any], Any]) -> "Builder":
        """Set how values are read from a record; default: the record is the values."""
        self._input_mapper = mapper
        return self

    def result_mapper(self, mapper: Callable[[Any, Any], Any]) -> "Builder":
        """Set what leaves the operator for a record and its score; default: both, as a tuple."""
        self._result_mapper = mapper
        return self

    def max_keys(self, max_keys: int) -> "Builder":
        """Set how many keys may come to one worker before the job fails; default 1000.

        Counted since the worker's start. A bound, because each key takes memory for good.
        """
        if max_keys < 1:
            raise ConfigError(f"max_keys must be at least 1, got {max_keys}")
        self._max_keys = max_keys
        return self

    def time_to_live(self, config: StateTtlConfig) -> "Builder":
        """Let models of silent keys go, under a configuration that leaves PyFlink's cache on."""
        kept = StateTtlConfig.StateVisibility.ReturnExpiredIfNotCleanedUp
        written = StateTtlConfig.UpdateType.OnCreateAndWrite
        if config.get_state_visibility() != kept or config.get_update_type() != written:
            raise ConfigError(
                "time_to_live must be OnCreateAndWrite and ReturnExpiredIfNotCleanedUp: any other makes "
                "PyFlink write and read the whole model with every record"
            )
        self._time_to_live = config
        return self

    def refuse(self, how: str) -> "Builder":
        """Set what a record does that no model can take: "fail" the job (default), or "side-output".

        The side output is `REFUSED`: ``results.get_side_output(rcf.flink.REFUSED)``.
        """
        if how not in ("fail", "side-output"):
            raise ConfigError(f'refuse must be "fail" or "side-output", got {how!r}')
        self._refuse = how
        return self

    def build(self) -> RandomCutForestOperator:
        """Check the parameters by making a model of them, and make the operator."""
        self._model(**self._parameters)
        return RandomCutForestOperator(self)


def _same(record: Any) -> Any:
    return record


def _both(record: Any, result: Any) -> Any:
    return record, result
