package rcf.flink;

import java.lang.reflect.Method;

/** Names of keys, from which seeds are derived: the text of the key. */
final class KeyNames {
    private KeyNames() {}

    static String of(Object key) {
        if (key instanceof String) {
            return (String) key;
        }
        try {
            Method text = key.getClass().getMethod("toString");
            if (text.getDeclaringClass() == Object.class) {
                // It contains an address, which differs between processes.
                throw new IllegalArgumentException(
                        "keys of "
                                + key.getClass()
                                + " have no toString of their own, from which the seed of a model"
                                + " is derived: add one, or key by a string, a number or a tuple");
            }
        } catch (NoSuchMethodException impossible) {
            throw new AssertionError(impossible);
        }
        return key.toString();
    }
}
