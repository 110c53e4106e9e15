#ifndef RCF_H
#define RCF_H

/* Made from the sources by `just capi-header`; a test compares it with them. */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/*
 The outcome of a call.
 */
typedef enum {
  /*
   Success.
   */
  RCF_STATUS_OK = 0,
  /*
   A pointer is NULL but must not be, or is not aligned for its type.
   */
  RCF_STATUS_POINTER = 1,
  /*
   A length is not the one that the model takes, or is not possible for an array.
   */
  RCF_STATUS_LENGTH = 2,
  /*
   The text is not JSON of parameters, or a parameter breaks its rule.
   */
  RCF_STATUS_PARAMETERS = 3,
  /*
   A value, a timestamp or a mark is refused.
   */
  RCF_STATUS_INPUT = 4,
  /*
   The saved bytes cannot be restored.
   */
  RCF_STATUS_STATE = 5,
  /*
   A fault of this library: a panic was caught, or the model was being changed by an earlier
   call that panicked. Free the model.
   */
  RCF_STATUS_PANIC = 6,
} rcf_status;

/*
 Why a candidate is not reported.
 */
typedef enum {
  /*
   It is reported, or it is not a candidate.
   */
  RCF_SUPPRESSION_NONE = 0,
  /*
   The detector is still warming up.
   */
  RCF_SUPPRESSION_WARM_UP = 1,
  /*
   The value is near the expected one.
   */
  RCF_SUPPRESSION_NEAR_EXPECTED = 2,
  /*
   The change is below the noise floor of a constant stream.
   */
  RCF_SUPPRESSION_NOISE_FLOOR = 3,
  /*
   Imputed values contribute to the deviation.
   */
  RCF_SUPPRESSION_IMPUTED = 4,
  /*
   An earlier anomaly explains it.
   */
  RCF_SUPPRESSION_EXPLAINED = 5,
  /*
   The event has already been reported.
   */
  RCF_SUPPRESSION_ALREADY_ALERTED = 6,
  /*
   A new regime has been accepted as normal.
   */
  RCF_SUPPRESSION_DRIFT = 7,
  /*
   A rule of the parameters ignores it.
   */
  RCF_SUPPRESSION_RULE = 8,
  /*
   A similar event has been marked as normal.
   */
  RCF_SUPPRESSION_MARKED_NORMAL = 9,
  /*
   Events like it are frequent in this stream: alerts keep to the false alarm rate.
   */
  RCF_SUPPRESSION_FREQUENT = 10,
  /*
   A reason that this interface does not know.
   */
  RCF_SUPPRESSION_OTHER = 255,
} rcf_suppression;

/*
 Turns categories into numbers that a detector can judge: how surprising each is.
 */
typedef struct rcf_category_encoder rcf_category_encoder;

/*
 An anomaly detector: a forest that calibrates its own threshold.
 */
typedef struct rcf_detector rcf_detector;

/*
 A random cut forest.
 */
typedef struct rcf_forest rcf_forest;

/*
 The result of a detector for an observation.
 */
typedef struct {
  /*
   The score of the forest, higher is more anomalous; 0 before the forest is ready.
   */
  double score;
  /*
   0 unless the observation is anomalous; otherwise how far beyond the boundary, up to 1.
   */
  double grade;
  /*
   From 0 to 1; 0.5 at the boundary, above it if and only if the observation is anomalous.
   */
  double severity;
  /*
   From 0 to 1: how far to trust the detection.
   */
  double confidence;
  /*
   The evidence for the decision, in units of its boundary: more than 1 makes a candidate.
   */
  double evidence;
  /*
   The share of the stream's observations so far with as much evidence; 1 during the warm-up.
   */
  double p_value;
  /*
   The score from which an observation is a candidate by its score alone; infinite at first.
   */
  double threshold;
  /*
   The fraction of the forest's memory that is interpolated.
   */
  double synthetic_fraction;
  /*
   For a candidate: the value of `input` in the observation that deviates; otherwise NaN.
   */
  double value;
  /*
   For a candidate: the expected value in its place; otherwise NaN.
   */
  double expected;
  /*
   For a candidate: the input that deviates most, from 0; otherwise 0.
   */
  size_t input;
  /*
   Observations that are needed before the first decision; 0 from then on.
   */
  size_t warm_up;
  /*
   Values of the observation that were missing and have been filled in.
   */
  size_t imputed;
  /*
   For a candidate: which observation deviates; 0 is the newest one, −k the one k before it.
   */
  int32_t relative_index;
  /*
   For a candidate: 1 above the expected value, −1 below; otherwise 0.
   */
  int32_t direction;
  /*
   Why a candidate is not reported.
   */
  rcf_suppression suppressed;
  /*
   Whether the observation is reported as anomalous.
   */
  bool is_anomaly;
  /*
   Whether it is a candidate: reported, or suppressed.
   */
  bool is_candidate;
  /*
   For a candidate: whether it is about a stretch of observations instead of the values of one.
   */
  bool is_stretch;
  /*
   Whether the forest passes the observation by, since learning is suspended.
   */
  bool unlearned;
} rcf_detection;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 Frees the bytes of a saved model. `NULL` is ignored.

 # Safety
 `bytes` is `NULL`, or `bytes` and `length` are what one call of `rcf_*_save` has written, and
 have not been freed.
 */
void rcf_bytes_free(uint8_t *bytes, size_t length);

/*
 The release of the library, such as "0.2.0". A program must have been compiled with the header
 of the same release: structures may grow between releases.
 */
const char *rcf_version(void);

/*
 Creates a new forest.

 `parameters` is a JSON object of the forest's parameters, such as
 `{"input_dimensions": 2, "shingle_size": 8}`. Omitted parameters have their defaults, so `{}` is
 valid.

 # Safety
 Pointers are `NULL` or valid: `parameters` ends with a NUL, `forest` can take a pointer, and
 `message` can take `message_size` bytes.
 */
rcf_status rcf_forest_new(const char *parameters,
                          rcf_forest **forest,
                          char *message,
                          size_t message_size);

/*
 Restores a forest that `rcf_forest_save` or another interface of rcf has saved. It continues
 with the same bits.

 # Safety
 Pointers are `NULL` or valid: `bytes` has `length` bytes, `forest` can take a pointer, and
 `message` can take `message_size` bytes.
 */
rcf_status rcf_forest_load(const uint8_t *bytes,
                           size_t length,
                           rcf_forest **forest,
                           char *message,
                           size_t message_size);

/*
 Saves the whole forest as bytes, which `rcf_bytes_free` frees.

 # Safety
 Pointers are `NULL` or valid: `bytes` and `length` can take what they point to, and `message`
 can take `message_size` bytes.
 */
rcf_status rcf_forest_save(const rcf_forest *forest,
                           uint8_t **bytes,
                           size_t *length,
                           char *message,
                           size_t message_size);

/*
 Frees a forest. `NULL` is ignored.

 # Safety
 `forest` is `NULL`, or is not in use and has not been freed.
 */
void rcf_forest_free(rcf_forest *forest);

/*
 The number of values that one call takes: those of an observation, or of a whole point if
 shingles are built outside. 0 for `NULL`, and for a forest that a panic has broken.

 # Safety
 `forest` is `NULL` or valid.
 */
size_t rcf_forest_values_per_call(const rcf_forest *forest);

/*
 The number of updates so far; 0 for `NULL`, and for a forest that a panic has broken.

 # Safety
 `forest` is `NULL` or valid.
 */
uint64_t rcf_forest_updates(const rcf_forest *forest);

/*
 Scores an observation, then learns it. Higher is more anomalous: about 1 is usual. `score` is 0
 until the forest is ready.

 # Safety
 Pointers are `NULL` or valid: `values` has `length` values, `score` can take one, and `message`
 can take `message_size` bytes.
 */
rcf_status rcf_forest_process(rcf_forest *forest,
                              const double *values,
                              size_t length,
                              double *score,
                              char *message,
                              size_t message_size);

/*
 `rcf_forest_process` for each row of `rows` × `columns` values, in order; `scores` takes one for
 each row. On an error no row has been taken.

 # Safety
 Pointers are `NULL` or valid: `values` has `rows` × `columns` values, `scores` can take `rows`,
 and `message` can take `message_size` bytes.
 */
rcf_status rcf_forest_process_array(rcf_forest *forest,
                                    const double *values,
                                    size_t rows,
                                    size_t columns,
                                    double *scores,
                                    char *message,
                                    size_t message_size);

/*
 Scores an observation as if it came next, and changes nothing.

 # Safety
 As for `rcf_forest_process`.
 */
rcf_status rcf_forest_score(const rcf_forest *forest,
                            const double *values,
                            size_t length,
                            double *score,
                            char *message,
                            size_t message_size);

/*
 `rcf_forest_score` for each row of `rows` × `columns` values, each as if it came next.

 # Safety
 As for `rcf_forest_process_array`.
 */
rcf_status rcf_forest_score_array(const rcf_forest *forest,
                                  const double *values,
                                  size_t rows,
                                  size_t columns,
                                  double *scores,
                                  char *message,
                                  size_t message_size);

/*
 Creates a new detector.

 `parameters` is a JSON object of the detector's parameters, such as
 `{"input_dimensions": 2, "false_alarm_rate": 0.001}`. Omitted parameters have their defaults, so
 `{}` is valid.

 # Safety
 Pointers are `NULL` or valid: `parameters` ends with a NUL, `detector` can take a pointer, and
 `message` can take `message_size` bytes.
 */
rcf_status rcf_detector_new(const char *parameters,
                            rcf_detector **detector,
                            char *message,
                            size_t message_size);

/*
 Restores a detector that `rcf_detector_save` or another interface of rcf has saved. It continues
 with the same bits.

 # Safety
 Pointers are `NULL` or valid: `bytes` has `length` bytes, `detector` can take a pointer, and
 `message` can take `message_size` bytes.
 */
rcf_status rcf_detector_load(const uint8_t *bytes,
                             size_t length,
                             rcf_detector **detector,
                             char *message,
                             size_t message_size);

/*
 Saves the whole detector as bytes, which `rcf_bytes_free` frees.

 # Safety
 Pointers are `NULL` or valid: `bytes` and `length` can take what they point to, and `message`
 can take `message_size` bytes.
 */
rcf_status rcf_detector_save(const rcf_detector *detector,
                             uint8_t **bytes,
                             size_t *length,
                             char *message,
                             size_t message_size);

/*
 Frees a detector. `NULL` is ignored.

 # Safety
 `detector` is `NULL`, or is not in use and has not been freed.
 */
void rcf_detector_free(rcf_detector *detector);

/*
 The number of values in an observation; 0 for `NULL`, and for a detector that a panic has
 broken.

 # Safety
 `detector` is `NULL` or valid.
 */
size_t rcf_detector_input_dimensions(const rcf_detector *detector);

/*
 The number of observations processed so far; 0 for `NULL`, and for a detector that a panic has
 broken.

 # Safety
 `detector` is `NULL` or valid.
 */
uint64_t rcf_detector_observations(const rcf_detector *detector);

/*
 Judges an observation, then learns from it. With `nan_is_missing` other than 0, NaN represents a
 missing value; otherwise it is refused.

 # Safety
 Pointers are `NULL` or valid: `values` has `length` values, `detection` can take one, and
 `message` can take `message_size` bytes.
 */
rcf_status rcf_detector_process(rcf_detector *detector,
                                const double *values,
                                size_t length,
                                int32_t nan_is_missing,
                                rcf_detection *detection,
                                char *message,
                                size_t message_size);

/*
 `rcf_detector_process` for an observation at a time in any unit, later than the previous one.
 Where observations are missing, judged by the mean gap, they are filled in.

 # Safety
 As for `rcf_detector_process`.
 */
rcf_status rcf_detector_process_at(rcf_detector *detector,
                                   double timestamp,
                                   const double *values,
                                   size_t length,
                                   int32_t nan_is_missing,
                                   rcf_detection *detection,
                                   char *message,
                                   size_t message_size);

/*
 `rcf_detector_process` for each row of `rows` × `columns` values, in order; `detections` takes
 one for each row. `timestamps` has one for each row, or is `NULL`. On an error no row has been
 taken.

 # Safety
 Pointers are `NULL` or valid: `timestamps` has `rows` values, `values` has `rows` × `columns`,
 `detections` can take `rows`, and `message` can take `message_size` bytes.
 */
rcf_status rcf_detector_process_array(rcf_detector *detector,
                                      const double *timestamps,
                                      const double *values,
                                      size_t rows,
                                      size_t columns,
                                      int32_t nan_is_missing,
                                      rcf_detection *detections,
                                      char *message,
                                      size_t message_size);

/*
 Marks a candidate of this detector as normal: the boundary rises for similar events, which are
 then suppressed as `MarkedNormal`, unless they are clearly stronger. Only the input that
 deviates most is in the mark. `mark` receives its number, unless it is `NULL`.

 # Safety
 Pointers are `NULL` or valid: `detection` is one that this library has written, `mark` can take
 a number, and `message` can take `message_size` bytes.
 */
rcf_status rcf_detector_mark_normal(rcf_detector *detector,
                                    const rcf_detection *detection,
                                    uint64_t *mark,
                                    char *message,
                                    size_t message_size);

/*
 Removes a mark: similar events are reported again.

 # Safety
 Pointers are `NULL` or valid; `message` can take `message_size` bytes.
 */
rcf_status rcf_detector_unmark_normal(rcf_detector *detector,
                                      uint64_t mark,
                                      char *message,
                                      size_t message_size);

/*
 Creates a new encoder.

 `parameters` is a JSON object with `capacity`, the largest number of categories that are
 remembered, and `time_decay`, by which counts decay with each observation. Omitted parameters
 have their defaults, as in `{"capacity": 1024, "time_decay": 0.0001}`, so `{}` is valid.

 # Safety
 Pointers are `NULL` or valid: `parameters` ends with a NUL, `encoder` can take a pointer, and
 `message` can take `message_size` bytes.
 */
rcf_status rcf_category_encoder_new(const char *parameters,
                                    rcf_category_encoder **encoder,
                                    char *message,
                                    size_t message_size);

/*
 Restores an encoder that `rcf_category_encoder_save` or another interface of rcf has saved. It
 continues with the same bits.

 # Safety
 Pointers are `NULL` or valid: `bytes` has `length` bytes, `encoder` can take a pointer, and
 `message` can take `message_size` bytes.
 */
rcf_status rcf_category_encoder_load(const uint8_t *bytes,
                                     size_t length,
                                     rcf_category_encoder **encoder,
                                     char *message,
                                     size_t message_size);

/*
 Saves the whole encoder as bytes, which `rcf_bytes_free` frees. Save it together with the
 detector that it feeds.

 # Safety
 Pointers are `NULL` or valid: `bytes` and `length` can take what they point to, and `message`
 can take `message_size` bytes.
 */
rcf_status rcf_category_encoder_save(const rcf_category_encoder *encoder,
                                     uint8_t **bytes,
                                     size_t *length,
                                     char *message,
                                     size_t message_size);

/*
 Frees an encoder. `NULL` is ignored.

 # Safety
 `encoder` is `NULL`, or is not in use and has not been freed.
 */
void rcf_category_encoder_free(rcf_category_encoder *encoder);

/*
 The surprise of a category of `length` bytes given those before it, −ln of its share: 0 or more,
 an input for a detector like any other. Learns the category.

 # Safety
 Pointers are `NULL` or valid: `category` has `length` bytes, `surprise` can take a number, and
 `message` can take `message_size` bytes.
 */
rcf_status rcf_category_encoder_process(rcf_category_encoder *encoder,
                                        const uint8_t *category,
                                        size_t length,
                                        double *surprise,
                                        char *message,
                                        size_t message_size);

/*
 The surprise of a category, without learning it; an unknown category has that of a new one.

 # Safety
 As for `rcf_category_encoder_process`.
 */
rcf_status rcf_category_encoder_surprise(const rcf_category_encoder *encoder,
                                         const uint8_t *category,
                                         size_t length,
                                         double *surprise,
                                         char *message,
                                         size_t message_size);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* RCF_H */
