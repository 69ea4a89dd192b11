package nango

// #include <stdlib.h>
// #include <nango.h>
import "C"

import (
	"strings"
	"unsafe"
)

// cText is a text on its way to C.
type cText struct {
	pointer *C.char
	length  int
}

// newText copies a text for C. C would take an embedded NUL for its end, and with it "alice\x00bob"
// for alice: it is refused.
func newText(name, text string) (cText, error) {
	if err := refuseNUL(name, text); err != nil {
		return cText{}, err
	}
	return cText{C.CString(text), len(text)}, nil
}

func refuseNUL(name, text string) error {
	if strings.IndexByte(text, 0) >= 0 {
		return newError(CodeInvalidArgument, name+" must not contain a NUL character")
	}
	return nil
}

// free wipes the copy too: it may be a key.
func (t cText) free() {
	if t.pointer == nil {
		return
	}
	clear(unsafe.Slice((*byte)(unsafe.Pointer(t.pointer)), t.length))
	C.free(unsafe.Pointer(t.pointer))
}

// nulTerminated is a text that C only looks at during a call, and so need not have for itself; nil
// for an empty one.
func nulTerminated(name, text string) ([]byte, error) {
	if err := refuseNUL(name, text); err != nil || text == "" {
		return nil, err
	}
	return append([]byte(text), 0), nil
}

func bytesForC(text []byte) *C.char {
	return (*C.char)(unsafe.Pointer(unsafe.SliceData(text)))
}

// constantForC is for texts that end with a NUL already.
func constantForC(text string) *C.char {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(text)))
}
