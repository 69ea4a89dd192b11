package nango

// #include <stdlib.h>
// #include <nango.h>
import "C"

import (
	"strings"
	"unsafe"
)

// cText is a copy of a text in C's memory.
type cText struct {
	pointer *C.char
	length  int
}

// newText copies a text for C. It rejects an embedded NUL: C would end the text there, and take
// "alice\x00bob" for "alice".
func newText(name, text string) (cText, error) {
	if err := rejectNUL(name, text); err != nil {
		return cText{}, err
	}
	return cText{C.CString(text), len(text)}, nil
}

func rejectNUL(name, text string) error {
	if strings.IndexByte(text, 0) >= 0 {
		return newError(CodeInvalidArgument, name+" must not contain a NUL character")
	}
	return nil
}

// free also wipes the copy, because it may be a key.
func (t cText) free() {
	if t.pointer == nil {
		return
	}
	clear(unsafe.Slice((*byte)(unsafe.Pointer(t.pointer)), t.length))
	C.free(unsafe.Pointer(t.pointer))
}

// nulTerminated returns a text for C in Go's memory. C may read it only during the call that it is
// passed to. It returns nil for an empty text.
func nulTerminated(name, text string) ([]byte, error) {
	if err := rejectNUL(name, text); err != nil || text == "" {
		return nil, err
	}
	return append([]byte(text), 0), nil
}

// bytesForC passes a text that nulTerminated returned.
func bytesForC(text []byte) *C.char {
	return (*C.char)(unsafe.Pointer(unsafe.SliceData(text)))
}

// constantForC passes a constant that already ends with a NUL.
func constantForC(text string) *C.char {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(text)))
}
