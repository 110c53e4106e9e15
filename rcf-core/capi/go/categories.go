package rcf

// #include <stdlib.h>
// #include <rcf.h>
import "C"

import (
	"runtime"
	"sync"
	"unsafe"
)

// CategoryEncoder turns categories into numbers that a detector can judge: how surprising each is.
type CategoryEncoder struct {
	lock   sync.Mutex
	handle *C.rcf_category_encoder
}

// NewCategoryEncoder makes an encoder of a JSON object of parameters, capacity and time_decay; "{}"
// has the defaults.
func NewCategoryEncoder(parameters string) (*CategoryEncoder, error) {
	text := C.CString(parameters)
	defer C.free(unsafe.Pointer(text))
	var m message
	var handle *C.rcf_category_encoder
	place, size := m.place()
	if err := m.of(C.rcf_category_encoder_new(text, &handle, place, size)); err != nil {
		return nil, err
	}
	return ownEncoder(handle), nil
}

// LoadCategoryEncoder restores what Save, or another interface of rcf, has saved.
func LoadCategoryEncoder(bytes []byte) (*CategoryEncoder, error) {
	var m message
	var handle *C.rcf_category_encoder
	place, size := m.place()
	data, length := (*C.uint8_t)(first(bytes)), C.size_t(len(bytes))
	if err := m.of(C.rcf_category_encoder_load(data, length, &handle, place, size)); err != nil {
		return nil, err
	}
	return ownEncoder(handle), nil
}

func ownEncoder(handle *C.rcf_category_encoder) *CategoryEncoder {
	encoder := &CategoryEncoder{handle: handle}
	runtime.SetFinalizer(encoder, (*CategoryEncoder).Close)
	return encoder
}

// Close frees the encoder. It may be called again.
func (e *CategoryEncoder) Close() {
	e.lock.Lock()
	defer e.lock.Unlock()
	C.rcf_category_encoder_free(e.handle)
	e.handle = nil
	runtime.SetFinalizer(e, nil)
}

func (e *CategoryEncoder) call(run func(*C.rcf_category_encoder, *message) C.rcf_status) error {
	e.lock.Lock()
	defer e.lock.Unlock()
	if e.handle == nil {
		return ErrClosed
	}
	var m message
	return m.of(run(e.handle, &m))
}

// Process returns the surprise of a category by those before it, −ln of its share, and learns it.
func (e *CategoryEncoder) Process(category string) (float64, error) {
	var surprise C.double
	err := e.call(func(handle *C.rcf_category_encoder, m *message) C.rcf_status {
		place, size := m.place()
		data := (*C.uint8_t)(unsafe.StringData(category))
		return C.rcf_category_encoder_process(
			handle, data, C.size_t(len(category)), &surprise, place, size)
	})
	return float64(surprise), err
}

// Surprise is that of a category without learning it; an unknown category has that of a new one.
func (e *CategoryEncoder) Surprise(category string) (float64, error) {
	var surprise C.double
	err := e.call(func(handle *C.rcf_category_encoder, m *message) C.rcf_status {
		place, size := m.place()
		data := (*C.uint8_t)(unsafe.StringData(category))
		return C.rcf_category_encoder_surprise(
			handle, data, C.size_t(len(category)), &surprise, place, size)
	})
	return float64(surprise), err
}

// Save returns the whole encoder as bytes, to be kept with those of the detector that it feeds.
func (e *CategoryEncoder) Save() ([]byte, error) {
	var bytes *C.uint8_t
	var length C.size_t
	err := e.call(func(handle *C.rcf_category_encoder, m *message) C.rcf_status {
		place, size := m.place()
		return C.rcf_category_encoder_save(handle, &bytes, &length, place, size)
	})
	if err != nil {
		return nil, err
	}
	return saved(bytes, length), nil
}
