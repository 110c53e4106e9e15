package rcf.flink;

import java.io.Serializable;
import rcf.Model;

/** Makes models of one kind with the same parameters: for a key, or for none ({@code null}). */
interface ModelFactory<A> extends Serializable {
    Model<A> create(String key);

    /** Restores a model, and rejects one with other parameters. */
    Model<A> load(String key, byte[] bytes);
}
