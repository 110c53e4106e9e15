#include <stdio.h>
#include <rcf.h>

int main(void) {
    char message[200];
    rcf_detector *detector = NULL;
    rcf_detection found;
    if (rcf_detector_new("{}", &detector, message, sizeof message)) return puts(message), 1;
    for (int t = 0; t < 950; t++) {
        double value = 20.0 + t % 24 + (t == 900 ? 50.0 : 0.0);
        if (rcf_detector_process(detector, &value, 1, 0, &found, message, sizeof message)) return 1;
        if (found.is_anomaly) printf("%d: %.1f, expected %.1f\n", t, found.value, found.expected);
    }
    rcf_detector_free(detector);
    return 0;
}
