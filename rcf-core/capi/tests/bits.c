/* The records of rcf-core/tests/bits/expected.csv through C: the same bits, one by one, as an array,
   and after a save in the middle. Usage: bits FILE */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rcf.h>

enum { RECORDS = 1000, INPUTS = 2, HALF = 500 };

static char message[300];

static void check(rcf_status status, const char *what) {
    if (status != RCF_STATUS_OK) {
        fprintf(stderr, "%s: status %d: %s\n", what, (int)status, message);
        exit(1);
    }
}

static void compare(const char *what, int row, double found, uint64_t expected) {
    uint64_t bits;
    memcpy(&bits, &found, sizeof bits);
    if (bits != expected) {
        fprintf(stderr, "%s, row %d: %016" PRIx64 ", expected %016" PRIx64 "\n", what, row, bits,
                expected);
        exit(1);
    }
}

int main(int argc, char **argv) {
    static char line[1000], of_forest[1000], of_detector[1000];
    static double values[RECORDS][INPUTS], scores[RECORDS];
    static uint64_t forest_bits[RECORDS], detector_bits[RECORDS];
    static rcf_detection detections[RECORDS];
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    int rows = 0;
    if (!file) {
        fputs("usage: bits FILE\n", stderr);
        return 1;
    }
    while (fgets(line, sizeof line, file)) {
        if (!strncmp(line, "# forest ", 9)) {
            strcpy(of_forest, line + 9);
        } else if (!strncmp(line, "# detector ", 11)) {
            strcpy(of_detector, line + 11);
        } else if (rows < RECORDS &&
                   sscanf(line, "%lf,%lf,%" SCNx64 ",%" SCNx64, &values[rows][0], &values[rows][1],
                          &forest_bits[rows], &detector_bits[rows]) == 4) {
            rows++;
        }
    }
    fclose(file);
    if (rows != RECORDS) {
        fprintf(stderr, "%d records\n", rows);
        return 1;
    }

    rcf_forest *forest = NULL;
    uint8_t *bytes = NULL;
    size_t length = 0;
    check(rcf_forest_new(of_forest, &forest, message, sizeof message), "rcf_forest_new");
    for (int t = 0; t < HALF; t++) {
        double ahead, score;
        check(rcf_forest_score(forest, values[t], INPUTS, &ahead, NULL, 0), "rcf_forest_score");
        check(rcf_forest_process(forest, values[t], INPUTS, &score, NULL, 0), "rcf_forest_process");
        compare("rcf_forest_process", t, score, forest_bits[t]);
        compare("rcf_forest_score", t, ahead, forest_bits[t]);
    }
    check(rcf_forest_save(forest, &bytes, &length, message, sizeof message), "rcf_forest_save");
    rcf_forest_free(forest);
    check(rcf_forest_load(bytes, length, &forest, message, sizeof message), "rcf_forest_load");
    rcf_bytes_free(bytes, length);
    check(rcf_forest_process_array(forest, values[HALF], RECORDS - HALF, INPUTS, scores, message,
                                   sizeof message),
          "rcf_forest_process_array");
    for (int t = HALF; t < RECORDS; t++) {
        compare("rcf_forest_process_array", t, scores[t - HALF], forest_bits[t]);
    }
    rcf_forest_free(forest);

    rcf_detector *detector = NULL;
    check(rcf_detector_new(of_detector, &detector, message, sizeof message), "rcf_detector_new");
    for (int t = 0; t < HALF; t++) {
        rcf_detection found;
        check(rcf_detector_process(detector, values[t], INPUTS, 0, &found, message, sizeof message),
              "rcf_detector_process");
        compare("rcf_detector_process", t, found.score, detector_bits[t]);
    }
    check(rcf_detector_save(detector, &bytes, &length, NULL, 0), "rcf_detector_save");
    rcf_detector_free(detector);
    check(rcf_detector_load(bytes, length, &detector, message, sizeof message), "rcf_detector_load");
    rcf_bytes_free(bytes, length);
    check(rcf_detector_process_array(detector, NULL, values[HALF], RECORDS - HALF, INPUTS, 0,
                                     detections, message, sizeof message),
          "rcf_detector_process_array");
    for (int t = HALF; t < RECORDS; t++) {
        compare("rcf_detector_process_array", t, detections[t - HALF].score, detector_bits[t]);
    }

    /* A refusal says what is wrong, and changes nothing. */
    double before = values[0][0];
    rcf_status status = rcf_detector_process(detector, values[0], 1, 0, detections, message, sizeof message);
    if (status != RCF_STATUS_LENGTH || strcmp(message, "expected 2 values, got 1") != 0 ||
        rcf_detector_observations(detector) != RECORDS || values[0][0] != before) {
        fprintf(stderr, "status %d: %s\n", (int)status, message);
        return 1;
    }
    rcf_detector_free(detector);
    printf("rcf %s: %d records, the same bits\n", rcf_version(), rows);
    return 0;
}
