package nango

// #include <stdlib.h>
// #include <string.h>
// #include <nango.h>
import "C"

import (
	"bytes"
	"strings"
	"unsafe"
)

// cText is a text on its way to C.
type cText struct {
	pointer *C.char
	length  int
}

// newText copies a text for C. C would take an embedded NUL for its end, and with it "alice\x00bob" for alice: it is refused.
func newText(name, text string) (cText, error) {
	if strings.IndexByte(text, 0) >= 0 {
		return cText{}, newError(CodeInvalidArgument, name+" must not contain a NUL character")
	}
	return cText{C.CString(text), len(text)}, nil
}

// free wipes the copy too: it may be a key.
func (t cText) free() {
	if t.pointer == nil {
		return
	}
	clear(unsafe.Slice((*byte)(unsafe.Pointer(t.pointer)), t.length))
	C.free(unsafe.Pointer(t.pointer))
}

// takeBytes copies a text that the library gave, and has the library wipe and free its own.
func takeBytes(text *C.char) []byte {
	defer C.nango_free_string(text)
	return bytes.Clone(unsafe.Slice((*byte)(unsafe.Pointer(text)), C.strlen(text)))
}

// takeString is takeBytes for a string.
func takeString(text *C.char) string {
	defer C.nango_free_string(text)
	return C.GoString(text)
}
