package rcf.flink;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import rcf.CategoryEncoder;
import rcf.Model;
import rcf.StateException;

/**
 * A model and the encoders of its categorical inputs, which are one state: without categories the
 * bytes of the model alone, and otherwise in the layout of the checkpoints of {@code rcf run}.
 */
final class EncodedModel<A> implements AutoCloseable {
    private static final byte[] SIGNATURE = {
        (byte) 0x89, 'R', 'C', 'F', 'C', 'M', '\r', '\n',
    };
    private static final short VERSION = 1;

    private final Model<A> model;
    private final List<CategoryEncoder> encoders;

    private EncodedModel(Model<A> model, List<CategoryEncoder> encoders) {
        this.model = model;
        this.encoders = encoders;
    }

    /** A new model for a key, or for none. */
    static <A> EncodedModel<A> create(OperatorConfig<?, A, ?> config, String key) {
        return new EncodedModel<>(config.models.create(key), emptyEncoders(config));
    }

    /** Restores a model; the encoders of one that was saved without them begin empty. */
    static <A> EncodedModel<A> load(OperatorConfig<?, A, ?> config, String key, byte[] bytes) {
        ByteBuffer rest = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        List<CategoryEncoder> encoders =
                hasSignature(rest) ? readEncoders(config, rest) : emptyEncoders(config);
        try {
            byte[] ofModel = Arrays.copyOfRange(bytes, rest.position(), bytes.length);
            return new EncodedModel<>(config.models.load(key, ofModel), encoders);
        } catch (RuntimeException failure) {
            encoders.forEach(CategoryEncoder::close);
            throw failure;
        }
    }

    private static List<CategoryEncoder> emptyEncoders(OperatorConfig<?, ?, ?> config) {
        List<CategoryEncoder> encoders = new ArrayList<>();
        config.categoryMappers.forEach(mapper -> encoders.add(CategoryEncoder.create()));
        return encoders;
    }

    /** Whether the bytes begin with encoders; if so, the buffer is after the signature. */
    private static boolean hasSignature(ByteBuffer bytes) {
        int length = Math.min(SIGNATURE.length, bytes.remaining());
        if (!Arrays.equals(SIGNATURE, Arrays.copyOf(bytes.array(), length))) {
            return false;
        }
        bytes.position(SIGNATURE.length);
        return true;
    }

    private static List<CategoryEncoder> readEncoders(
            OperatorConfig<?, ?, ?> config, ByteBuffer rest) {
        List<CategoryEncoder> encoders = new ArrayList<>();
        try {
            short version = rest.getShort();
            int count = rest.getInt();
            if (version != VERSION || count != config.categoryMappers.size()) {
                throw new StateException(
                        "the state has " + count + " categorical inputs (format " + version
                                + "), the operator has " + config.categoryMappers.size()
                                + ": set the same ones in the same order");
            }
            for (int i = 0; i < count; i++) {
                long length = rest.getLong();
                if (length < 0 || length > rest.remaining()) {
                    throw new BufferUnderflowException();
                }
                byte[] encoder = new byte[(int) length];
                rest.get(encoder);
                encoders.add(CategoryEncoder.load(encoder));
            }
            return encoders;
        } catch (BufferUnderflowException failure) {
            encoders.forEach(CategoryEncoder::close);
            throw new StateException("the encoders of categories are truncated");
        } catch (RuntimeException failure) {
            encoders.forEach(CategoryEncoder::close);
            throw failure;
        }
    }

    Model<A> model() {
        return model;
    }

    /** Puts the surprise of each category behind the values; NaN for a missing one. */
    void encode(String[] categories, double[] values) {
        int first = values.length - categories.length;
        for (int i = 0; i < categories.length; i++) {
            String category = categories[i];
            values[first + i] =
                    category == null ? Double.NaN : encoders.get(i).surprise(category);
        }
    }

    /** Learns the categories of a record that the model has taken. */
    void learn(String[] categories) {
        for (int i = 0; i < categories.length; i++) {
            if (categories[i] != null) {
                encoders.get(i).process(categories[i]);
            }
        }
    }

    byte[] toBytes() {
        byte[] ofModel = model.toBytes();
        if (encoders.isEmpty()) {
            return ofModel;
        }
        List<byte[]> saved = new ArrayList<>();
        int size = SIGNATURE.length + Short.BYTES + Integer.BYTES + ofModel.length;
        for (CategoryEncoder encoder : encoders) {
            byte[] bytes = encoder.toBytes();
            saved.add(bytes);
            size += Long.BYTES + bytes.length;
        }
        ByteBuffer all = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        all.put(SIGNATURE).putShort(VERSION).putInt(saved.size());
        saved.forEach(bytes -> all.putLong(bytes.length).put(bytes));
        return all.put(ofModel).array();
    }

    @Override
    public void close() {
        model.close();
        encoders.forEach(CategoryEncoder::close);
    }
}
