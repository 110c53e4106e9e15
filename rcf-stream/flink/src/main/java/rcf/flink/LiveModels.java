package rcf.flink;

import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The models of the keys that were used last.
 *
 * <p>A model changes only in memory; {@link #saveChanged} writes those that have changed since its
 * last call. A model that has to leave is written first.
 */
final class LiveModels<A> implements AutoCloseable {
    private static final class Live<A> {
        private final EncodedModel<A> model;
        private boolean isChanged;

        private Live(EncodedModel<A> model) {
            this.model = model;
        }
    }

    private final OperatorConfig<?, A, ?> config;
    private final KeyedBytes saved;

    /** The least recently used first. */
    private final LinkedHashMap<Object, Live<A>> models = new LinkedHashMap<>(16, 0.75f, true);

    LiveModels(OperatorConfig<?, A, ?> config, KeyedBytes saved) {
        this.config = config;
        this.saved = saved;
    }

    /** The model of a key, which is about to change. */
    EncodedModel<A> change(Object key) throws IOException {
        Live<A> live = models.get(key);
        if (live == null) {
            makeRoom();
            live = new Live<>(open(key));
            models.put(key, live);
        }
        live.isChanged = true;
        return live.model;
    }

    int size() {
        return models.size();
    }

    void saveChanged() throws IOException {
        for (Map.Entry<Object, Live<A>> entry : models.entrySet()) {
            save(entry);
        }
    }

    @Override
    public void close() {
        models.values().forEach(live -> live.model.close());
        models.clear();
    }

    private EncodedModel<A> open(Object key) throws IOException {
        byte[] bytes = saved.get(key);
        String name = KeyNames.of(key);
        return bytes == null
                ? EncodedModel.create(config, name)
                : EncodedModel.load(config, name, bytes);
    }

    private void makeRoom() throws IOException {
        Iterator<Map.Entry<Object, Live<A>>> eldest = models.entrySet().iterator();
        while (models.size() >= config.maxLiveModels) {
            Map.Entry<Object, Live<A>> leaving = eldest.next();
            save(leaving);
            leaving.getValue().model.close();
            eldest.remove();
        }
    }

    private void save(Map.Entry<Object, Live<A>> entry) throws IOException {
        Live<A> live = entry.getValue();
        if (live.isChanged) {
            saved.put(entry.getKey(), live.model.toBytes());
            live.isChanged = false;
        }
    }
}
