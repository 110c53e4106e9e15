package rcf.flink;

/** Describes a {@link RandomCutForestOperator}. Parameters that are not set have rcf's defaults. */
public final class RandomCutForestOperatorBuilder<T, R>
        extends OperatorBuilder<T, Double, R, RandomCutForestOperatorBuilder<T, R>> {
    private ResultMapper<T, R> resultMapper;

    RandomCutForestOperatorBuilder() {}

    @Override
    RandomCutForestOperatorBuilder<T, R> self() {
        return this;
    }

    /**
     * The number of records before the first score (a quarter of the sample); until then it is 0.
     */
    public RandomCutForestOperatorBuilder<T, R> setReportAnomaliesAfter(int records) {
        return setParameter("output_after", records);
    }

    /** Makes the output for a record and its score. */
    public RandomCutForestOperatorBuilder<T, R> setResultMapper(ResultMapper<T, R> resultMapper) {
        this.resultMapper = resultMapper;
        return this;
    }

    public RandomCutForestOperator<T, R> build() {
        return new RandomCutForestOperator<>(
                new OperatorConfig<>(
                        this,
                        new RandomCutForestOperator.Forests(modelParameters()),
                        resultMapper,
                        null));
    }
}
