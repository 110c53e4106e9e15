// Package rcf is Random Cut Forest anomaly detection over the C library of rcf.
//
// A model may be shared by goroutines: it has a lock. Close frees it; an unreachable one is freed
// by the garbage collector.
//
// cgo finds the library by CGO_CFLAGS and CGO_LDFLAGS, or in a directory that the compiler
// searches, if install.sh has put it there.
package rcf

/*
#cgo LDFLAGS: -lrcf
#include <stdlib.h>
#include <rcf.h>
*/
import "C"

import (
	"errors"
	"runtime"
	"sync"
	"unsafe"
)

// ErrClosed is returned by the methods of a model after Close.
var ErrClosed = errors.New("rcf: the model is closed")

// Error is a refusal by the library. The model is unchanged.
type Error struct {
	// Status is the number of the rcf_status in rcf.h.
	Status int
	// Message says what is wrong, and what to do.
	Message string
}

func (e *Error) Error() string { return "rcf: " + e.Message }

// message is the buffer of one call, on the stack of the goroutine.
type message [300]C.char

func (m *message) place() (*C.char, C.size_t) { return &m[0], C.size_t(len(m)) }

func (m *message) of(status C.rcf_status) error {
	if status == C.RCF_STATUS_OK {
		return nil
	}
	return &Error{Status: int(status), Message: C.GoString(&m[0])}
}

// first is the address of a slice; nil if it is empty.
func first[T any](values []T) *T { return unsafe.SliceData(values) }

func doubles(values []float64) *C.double { return (*C.double)(first(values)) }

func saved(bytes *C.uint8_t, length C.size_t) []byte {
	defer C.rcf_bytes_free(bytes, length)
	return append([]byte(nil), unsafe.Slice((*byte)(bytes), int(length))...)
}

// columns is the width of an array of rows; 0 if it is not one.
func columns(values []float64, rows int) int {
	if rows == 0 || len(values)%rows != 0 {
		return 0
	}
	return len(values) / rows
}

// Version is the release of the library.
func Version() string { return C.GoString(C.rcf_version()) }

// Forest is a random cut forest.
type Forest struct {
	lock   sync.Mutex
	handle *C.rcf_forest
}

// NewForest makes a forest of a JSON object of parameters; "{}" has the defaults.
func NewForest(parameters string) (*Forest, error) {
	text := C.CString(parameters)
	defer C.free(unsafe.Pointer(text))
	var m message
	var handle *C.rcf_forest
	place, size := m.place()
	if err := m.of(C.rcf_forest_new(text, &handle, place, size)); err != nil {
		return nil, err
	}
	return ownForest(handle), nil
}

// LoadForest restores what Save, or another interface of rcf, has saved.
func LoadForest(bytes []byte) (*Forest, error) {
	var m message
	var handle *C.rcf_forest
	place, size := m.place()
	data := (*C.uint8_t)(first(bytes))
	if err := m.of(C.rcf_forest_load(data, C.size_t(len(bytes)), &handle, place, size)); err != nil {
		return nil, err
	}
	return ownForest(handle), nil
}

func ownForest(handle *C.rcf_forest) *Forest {
	forest := &Forest{handle: handle}
	runtime.SetFinalizer(forest, (*Forest).Close)
	return forest
}

// Close frees the forest. It may be called again.
func (f *Forest) Close() {
	f.lock.Lock()
	defer f.lock.Unlock()
	C.rcf_forest_free(f.handle)
	f.handle = nil
	runtime.SetFinalizer(f, nil)
}

// call runs a function with the handle, under the lock.
func (f *Forest) call(run func(*C.rcf_forest, *message) C.rcf_status) error {
	f.lock.Lock()
	defer f.lock.Unlock()
	if f.handle == nil {
		return ErrClosed
	}
	var m message
	return m.of(run(f.handle, &m))
}

// Process scores an observation, then learns it. Higher is more anomalous: about 1 is usual.
func (f *Forest) Process(values ...float64) (float64, error) {
	var score C.double
	err := f.call(func(handle *C.rcf_forest, m *message) C.rcf_status {
		place, size := m.place()
		return C.rcf_forest_process(handle, doubles(values), C.size_t(len(values)), &score, place, size)
	})
	return float64(score), err
}

// Score scores an observation as if it came next, and changes nothing.
func (f *Forest) Score(values ...float64) (float64, error) {
	var score C.double
	err := f.call(func(handle *C.rcf_forest, m *message) C.rcf_status {
		place, size := m.place()
		return C.rcf_forest_score(handle, doubles(values), C.size_t(len(values)), &score, place, size)
	})
	return float64(score), err
}

// ProcessAll is Process for each of several rows, one after the other in values. On an error no row
// has been taken.
func (f *Forest) ProcessAll(values []float64, rows int) ([]float64, error) {
	if rows < 0 {
		rows = 0
	}
	scores := make([]float64, rows)
	width := C.size_t(columns(values, rows))
	err := f.call(func(handle *C.rcf_forest, m *message) C.rcf_status {
		place, size := m.place()
		return C.rcf_forest_process_array(
			handle, doubles(values), C.size_t(rows), width, doubles(scores), place, size)
	})
	if err != nil {
		return nil, err
	}
	return scores, nil
}

// Save returns the whole forest as bytes.
func (f *Forest) Save() ([]byte, error) {
	var bytes *C.uint8_t
	var length C.size_t
	err := f.call(func(handle *C.rcf_forest, m *message) C.rcf_status {
		place, size := m.place()
		return C.rcf_forest_save(handle, &bytes, &length, place, size)
	})
	if err != nil {
		return nil, err
	}
	return saved(bytes, length), nil
}

// Detector is a forest that calibrates its own threshold.
type Detector struct {
	lock   sync.Mutex
	handle *C.rcf_detector
}

// Detection is the result of a detector for an observation; rcf.h explains the fields.
type Detection struct {
	Score, Grade, Severity, Confidence, Evidence, PValue, Threshold float64
	// Value and Expected are, for a candidate, those of the Input that deviates most; otherwise NaN.
	Value, Expected        float64
	Input, WarmUp, Imputed int
	// RelativeIndex is 0 for the newest observation, −k for the one k before it.
	RelativeIndex int
	// Direction is 1 above what was expected, −1 below; 0 if there is no candidate.
	Direction int
	// Suppressed is the number of the rcf_suppression in rcf.h; 0 is none.
	Suppressed             int
	IsAnomaly, IsCandidate bool
	// IsStretch reports, for a candidate, whether it is about a stretch of observations, not one.
	IsStretch bool
	// Unlearned reports whether the forest passes the observation by, since learning is suspended.
	Unlearned bool
}

func detection(of *C.rcf_detection) Detection {
	return Detection{
		Score: float64(of.score), Grade: float64(of.grade), Severity: float64(of.severity),
		Confidence: float64(of.confidence), Evidence: float64(of.evidence),
		PValue: float64(of.p_value), Threshold: float64(of.threshold),
		Value: float64(of.value), Expected: float64(of.expected),
		Input: int(of.input), WarmUp: int(of.warm_up), Imputed: int(of.imputed),
		RelativeIndex: int(of.relative_index), Direction: int(of.direction),
		Suppressed: int(of.suppressed),
		IsAnomaly:  bool(of.is_anomaly), IsCandidate: bool(of.is_candidate),
		IsStretch: bool(of.is_stretch), Unlearned: bool(of.unlearned),
	}
}

// NewDetector makes a detector of a JSON object of parameters; "{}" has the defaults.
func NewDetector(parameters string) (*Detector, error) {
	text := C.CString(parameters)
	defer C.free(unsafe.Pointer(text))
	var m message
	var handle *C.rcf_detector
	place, size := m.place()
	if err := m.of(C.rcf_detector_new(text, &handle, place, size)); err != nil {
		return nil, err
	}
	return ownDetector(handle), nil
}

// LoadDetector restores what Save, or another interface of rcf, has saved.
func LoadDetector(bytes []byte) (*Detector, error) {
	var m message
	var handle *C.rcf_detector
	place, size := m.place()
	data := (*C.uint8_t)(first(bytes))
	if err := m.of(C.rcf_detector_load(data, C.size_t(len(bytes)), &handle, place, size)); err != nil {
		return nil, err
	}
	return ownDetector(handle), nil
}

func ownDetector(handle *C.rcf_detector) *Detector {
	detector := &Detector{handle: handle}
	runtime.SetFinalizer(detector, (*Detector).Close)
	return detector
}

// Close frees the detector. It may be called again.
func (d *Detector) Close() {
	d.lock.Lock()
	defer d.lock.Unlock()
	C.rcf_detector_free(d.handle)
	d.handle = nil
	runtime.SetFinalizer(d, nil)
}

func (d *Detector) call(run func(*C.rcf_detector, *message) C.rcf_status) error {
	d.lock.Lock()
	defer d.lock.Unlock()
	if d.handle == nil {
		return ErrClosed
	}
	var m message
	return m.of(run(d.handle, &m))
}

// Process judges an observation, then learns from it. NaN is a missing value.
func (d *Detector) Process(values ...float64) (Detection, error) {
	var found C.rcf_detection
	err := d.call(func(handle *C.rcf_detector, m *message) C.rcf_status {
		place, size := m.place()
		return C.rcf_detector_process(
			handle, doubles(values), C.size_t(len(values)), 1, &found, place, size)
	})
	if err != nil {
		return Detection{}, err
	}
	return detection(&found), nil
}

// ProcessAll is Process for each of several rows, one after the other in values. On an error no row
// has been taken.
func (d *Detector) ProcessAll(values []float64, rows int) ([]Detection, error) {
	if rows < 0 {
		rows = 0
	}
	found := make([]C.rcf_detection, rows)
	width := C.size_t(columns(values, rows))
	err := d.call(func(handle *C.rcf_detector, m *message) C.rcf_status {
		place, size := m.place()
		return C.rcf_detector_process_array(
			handle, nil, doubles(values), C.size_t(rows), width, 1, first(found), place, size)
	})
	if err != nil {
		return nil, err
	}
	detections := make([]Detection, rows)
	for i := range found {
		detections[i] = detection(&found[i])
	}
	return detections, nil
}

// MarkNormal marks a candidate of this detector as normal: similar events are suppressed from then
// on,
// unless they are clearly stronger. It returns the number of the mark.
func (d *Detector) MarkNormal(candidate Detection) (uint64, error) {
	given := C.rcf_detection{
		evidence: C.double(candidate.Evidence), value: C.double(candidate.Value),
		expected: C.double(candidate.Expected), input: C.size_t(candidate.Input),
		is_candidate: C.bool(candidate.IsCandidate), is_stretch: C.bool(candidate.IsStretch),
	}
	var mark C.uint64_t
	err := d.call(func(handle *C.rcf_detector, m *message) C.rcf_status {
		place, size := m.place()
		return C.rcf_detector_mark_normal(handle, &given, &mark, place, size)
	})
	return uint64(mark), err
}

// UnmarkNormal removes a mark: similar events are reported again.
func (d *Detector) UnmarkNormal(mark uint64) error {
	return d.call(func(handle *C.rcf_detector, m *message) C.rcf_status {
		place, size := m.place()
		return C.rcf_detector_unmark_normal(handle, C.uint64_t(mark), place, size)
	})
}

// Save returns the whole detector as bytes.
func (d *Detector) Save() ([]byte, error) {
	var bytes *C.uint8_t
	var length C.size_t
	err := d.call(func(handle *C.rcf_detector, m *message) C.rcf_status {
		place, size := m.place()
		return C.rcf_detector_save(handle, &bytes, &length, place, size)
	})
	if err != nil {
		return nil, err
	}
	return saved(bytes, length), nil
}
