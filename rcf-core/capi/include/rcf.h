#ifndef RCF_H
#define RCF_H

/* Made from the sources by `just capi-header`; a test compares it with them. */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/*
 What became of a call.
 */
typedef enum {
  /*
   It did what was asked.
   */
  RCF_STATUS_OK = 0,
  /*
   A pointer is NULL that must not be, or is not aligned for its type.
   */
  RCF_STATUS_POINTER = 1,
  /*
   A length is not the one that the model takes, or no array can have it.
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
   Filled-in values are part of what is unusual.
   */
  RCF_SUPPRESSION_IMPUTED = 4,
  /*
   An anomaly reported before explains it.
   */
  RCF_SUPPRESSION_EXPLAINED = 5,
  /*
   The event has been reported.
   */
  RCF_SUPPRESSION_ALREADY_ALERTED = 6,
  /*
   A new regime has been accepted as the normal.
   */
  RCF_SUPPRESSION_DRIFT = 7,
  /*
   A rule of the parameters ignores it.
   */
  RCF_SUPPRESSION_RULE = 8,
  /*
   An alike event has been marked as normal.
   */
  RCF_SUPPRESSION_MARKED_NORMAL = 9,
  /*
   Events like it are frequent in this stream: alerts keep to the false alarm rate.
   */
  RCF_SUPPRESSION_FREQUENT = 10,
  /*
   A reason that this interface has no name for.
   */
  RCF_SUPPRESSION_OTHER = 255,
} rcf_suppression;

/*
 Turns categories into numbers that a detector can judge: how surprising each is.
 */
typedef struct rcf_category_encoder rcf_category_encoder;

/*
 An anomaly detector: a forest that finds its threshold by itself.
 */
typedef struct rcf_detector rcf_detector;

/*
 A random cut forest.
 */
typedef struct rcf_forest rcf_forest;

/*
 What the detector says about an observation.
 */
typedef struct {
  /*
   The score of the forest, higher is more anomalous; 0 before the forest is ready.
   */
  double score;
  /*
   0 unless the observation is anomalous; else how far beyond the boundary, up to 1.
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
   What the decision rests on, in units of its boundary: more than 1 makes a candidate.
   */
  double evidence;
  /*
   The share of the stream's observations so far with as much evidence; 1 during the warm-up.
   */
  double p_value;
  /*
   The score from which on an observation is a candidate by its score; infinite at first.
   */
  double threshold;
  /*
   Which fraction of what the forest remembers is interpolated.
   */
  double synthetic_fraction;
  /*
   Of a candidate: the value of `input` in the observation that deviates; else NaN.
   */
  double value;
  /*
   Of a candidate: what was expected in its place; else NaN.
   */
  double expected;
  /*
   Of a candidate: the input that deviates most, from 0; else 0.
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
   Of a candidate: which observation deviates; 0 is the newest one, −k the one k before it.
   */
  int32_t relative_index;
  /*
   Of a candidate: 1 above what was expected, −1 below; else 0.
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
   Of a candidate: whether it is about a stretch of observations instead of the values of one.
   */
  bool is_stretch;
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
 Makes a forest that has seen nothing.

 `parameters` is a JSON object of the forest's parameters, such as
 `{"input_dimensions": 2, "shingle_size": 8}`. What it leaves out has the default, so `{}` will
 do.

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
 `forest` is `NULL`, or is not used by anyone and has not been freed.
 */
void rcf_forest_free(rcf_forest *forest);

/*
 The number of values that one call takes: those of an observation, or of a whole point where
 shingles are built outside. 0 for `NULL`, and for a forest that a panic has broken.

 # Safety
 `forest` is `NULL` or valid.
 */
size_t rcf_forest_values_per_call(const rcf_forest *forest);

/*
 The number of observations taken so far; 0 for `NULL`, and for a forest that a panic has broken.

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
 Makes a detector that has seen nothing.

 `parameters` is a JSON object of the detector's parameters, such as
 `{"input_dimensions": 2, "false_alarm_rate": 0.001}`. What it leaves out has the default, so
 `{}` will do.

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
 `detector` is `NULL`, or is not used by anyone and has not been freed.
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
 The number of observations taken so far; 0 for `NULL`, and for a detector that a panic has
 broken.

 # Safety
 `detector` is `NULL` or valid.
 */
uint64_t rcf_detector_records(const rcf_detector *detector);

/*
 Judges an observation, then learns from it. With `nan_is_missing` other than 0, NaN represents a
 value that is missing; else it is refused.

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
 `rcf_detector_process` for an observation at a point of time, in any unit, after the one before.
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
 one for each row. `timestamps` are as many as rows, or `NULL`. On an error no row has been
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
 Marks a candidate of this detector as normal: the boundary rises for events that are alike,
 which are then suppressed as `MarkedNormal`, unless they are clearly stronger. Of its inputs
 only the one that deviates most is in the mark. `mark` takes its number; `NULL` if it is of no
 interest.

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
 Takes a mark back: similar events are reported again.

 # Safety
 Pointers are `NULL` or valid; `message` can take `message_size` bytes.
 */
rcf_status rcf_detector_unmark_normal(rcf_detector *detector,
                                      uint64_t mark,
                                      char *message,
                                      size_t message_size);

/*
 Makes an encoder that has seen nothing.

 `parameters` is a JSON object: `capacity`, the categories that are remembered at most, and
 `time_decay`, by which counts decay per record. What it leaves out has the default, as in
 `{"capacity": 1024, "time_decay": 0.0001}`, so `{}` will do.

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
 `encoder` is `NULL`, or is not used by anyone and has not been freed.
 */
void rcf_category_encoder_free(rcf_category_encoder *encoder);

/*
 The surprise of a category of `length` bytes by those before it, −ln of its share: 0 or more, an
 input of a detector like any other. Learns the category.

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
 The surprise of a category, without learning it; one that is not known has that of a new one.

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
