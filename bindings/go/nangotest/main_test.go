package nangotest_test

import (
	"fmt"
	"os"
	"runtime"
	"testing"
)

// program is the nango-dev that these tests start.
var program = os.Getenv("NANGO_DEV")

func TestMain(m *testing.M) {
	if program == "" {
		fmt.Fprintln(os.Stderr, "NANGO_DEV is not set: run the tests with `make test-go`")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// recorder keeps the message of a failure, and ends the goroutine as t.Fatal does.
type recorder struct {
	testing.TB
	message string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, arguments ...any) {
	r.message = fmt.Sprintf(format, arguments...)
	runtime.Goexit()
}

func (r *recorder) Fatal(arguments ...any) {
	r.message = fmt.Sprint(arguments...)
	runtime.Goexit()
}
