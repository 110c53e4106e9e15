package rcf.flink;

import java.io.IOException;
import java.util.function.Consumer;
import org.apache.flink.api.common.state.ValueState;

/** Flink's keyed state as a map: the saved bytes of the model of each key. */
final class KeyedBytes {
    private final ValueState<byte[]> state;
    private final Consumer<Object> setCurrentKey;

    KeyedBytes(ValueState<byte[]> state, Consumer<Object> setCurrentKey) {
        this.state = state;
        this.setCurrentKey = setCurrentKey;
    }

    /** {@code null} if the key has no model. */
    byte[] get(Object key) throws IOException {
        setCurrentKey.accept(key);
        return state.value();
    }

    void put(Object key, byte[] bytes) throws IOException {
        setCurrentKey.accept(key);
        state.update(bytes);
    }
}
