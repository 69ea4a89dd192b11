package nango

// #include <nango.h>
import "C"

import (
	"fmt"
	"sync"
)

// Version is the version of this package.
const Version = "0.1.0"

// LibraryVersion returns the version of the loaded libnango, such as "0.1.0".
func LibraryVersion() string {
	return C.GoString(C.nango_version())
}

// LiveObjects returns how many of the library's objects and texts the process owns now. It is meant
// for leak tests.
func LiveObjects() int64 {
	return int64(C.nango_live_objects())
}

var checkLibrary = sync.OnceValue(func() error {
	return compareVersions(
		LibraryVersion(),
		uint32(C.nango_version_number()),
		C.NANGO_VERSION,
		C.NANGO_VERSION_NUMBER,
		missingFunction(),
	)
})

// compareVersions rejects a library that is older than the header that the program was built with,
// by its number or because it lacks a function.
func compareVersions(
	library string,
	libraryNumber uint32,
	header string,
	headerNumber uint32,
	missing string,
) error {
	if libraryNumber >= headerNumber && missing == "" {
		return nil
	}
	without := ""
	if missing != "" {
		without = " without " + missing + "()"
	}
	return newError(
		CodeInternal,
		fmt.Sprintf("libnango %s%s is loaded, but this program was built for %s or newer; "+
			"install that version, or check which libnango.so the loader finds first",
			library, without, header),
	)
}
