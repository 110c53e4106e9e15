package rcf;

/**
 * The native methods. A handle is a pointer that {@link Handle} owns; 0 is none, and rejected with
 * an {@link IllegalStateException}. All other refusals are an {@link RcfException}.
 */
final class Native {
    static {
        NativeLibrary.load();
    }

    private Native() {}

    /** Models and encoders of this class loader that are not closed. */
    static native long liveModels();

    static native long forestNew(String parameters, String key);

    static native long forestLoad(String parameters, String key, byte[] bytes);

    static native byte[] forestSave(long forest);

    static native void forestFree(long forest);

    static native int forestValuesPerCall(long forest);

    static native long forestUpdates(long forest);

    static native void forestProcess(
            long forest, double[] values, int rows, int columns, double[] scores);

    static native double forestScore(long forest, double[] values);

    static native long detectorNew(String parameters, String key);

    static native long detectorLoad(String parameters, String key, byte[] bytes);

    static native byte[] detectorSave(long detector);

    static native void detectorFree(long detector);

    static native int detectorInputs(long detector);

    static native long detectorObservations(long detector);

    static native void detectorProcess(
            long detector,
            double[] timestamps,
            double[] values,
            int rows,
            int columns,
            boolean nanIsMissing,
            double[] detections);

    static native long detectorMarkNormal(
            long detector, int input, double deviation, double evidence, boolean isStretch);

    static native void detectorUnmarkNormal(long detector, long mark);

    static native long categoryEncoderNew(String parameters);

    static native long categoryEncoderLoad(byte[] bytes);

    static native byte[] categoryEncoderSave(long encoder);

    static native void categoryEncoderFree(long encoder);

    static native double categoryEncoderProcess(long encoder, String category, boolean learn);
}
