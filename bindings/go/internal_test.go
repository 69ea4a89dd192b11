package nango

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestOldLibraryIsRefused(t *testing.T) {
	if err := compareVersions("0.1.0", 256, "0.1.0", 256, ""); err != nil {
		t.Error(err)
	}
	if err := compareVersions("0.2.0", 512, "0.1.0", 256, ""); err != nil {
		t.Error(err)
	}
	for _, err := range []error{
		compareVersions("0.1.0", 256, "0.2.0", 512, ""),
		compareVersions("0.1.0", 256, "0.2.0", 256, "nango_of_tomorrow"),
	} {
		if err == nil || !strings.Contains(err.Error(), "0.1.0") ||
			!strings.Contains(err.Error(), "0.2.0") {
			t.Errorf("got %v", err)
		}
	}
	if missing := missingFunction(); missing != "" {
		t.Errorf("the library has no %s", missing)
	}
	if LibraryVersion() != Version {
		t.Errorf("the library is %s, the package %s", LibraryVersion(), Version)
	}
}

// The package covers everything in the header.
func TestHeader(t *testing.T) {
	header, err := os.ReadFile("../../include/nango.h")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(content)
	}
	codes := 0
	define := regexp.MustCompile(`#define (NANGO_ERROR_(\w+)) (\d+)`)
	for _, match := range define.FindAllStringSubmatch(string(header), -1) {
		codes++
		number, _ := strconv.Atoi(match[3])
		if got := Code(number).String(); got != match[2] {
			t.Errorf("code %d: got %s, want %s", number, got, match[2])
		}
		if !strings.Contains(source.String(), "= C."+match[1]+"\n") {
			t.Errorf("%s has no Code", match[1])
		}
	}
	sentinels := strings.Count(source.String(), "error = sentinel(")
	if codes == 0 || sentinels != codes {
		t.Errorf("%d codes, %d sentinels", codes, sentinels)
	}
	// Go has better replacements for these, or they hold a thread.
	notNeeded := regexp.MustCompile(
		`^nango_(call_json$|json_|client_new$|get_|replace_token$|list_connections_json$|` +
			`client_warm_up$|pager_next_json$|cancel_|call_options_set_cancel$|queue_close$|params_|` +
			`queue_new_with_limit$|queue_submit_get_|connection_has_auth_error$)`,
	)
	linked, err := os.ReadFile("link_shared.go")
	if err != nil {
		t.Fatal(err)
	}
	functions := 0
	declaration := regexp.MustCompile(`(?m)^[a-z].*?\b(nango_\w+)\(`)
	for _, match := range declaration.FindAllStringSubmatch(string(header), -1) {
		functions++
		if name := match[1]; !notNeeded.MatchString(name) &&
			!regexp.MustCompile(`\b`+name+`\(`).MatchString(source.String()) {
			t.Errorf("%s is not used", name)
		}
		used := regexp.MustCompile(`\b` + match[1] + `\(`).MatchString(source.String())
		if used != strings.Contains(string(linked), `"`+match[1]+`"`) {
			t.Errorf("%s: the list in link_shared.go is wrong", match[1])
		}
	}
	if functions < 40 {
		t.Errorf("only %d functions were found in the header", functions)
	}
}

func TestFilterJSON(t *testing.T) {
	f := Filter{
		ConnectionID:          `a"b\c`,
		Search:                "line\nbreak",
		EndUserID:             "ü\xff",
		EndUserOrganizationID: "o",
		IntegrationIDs:        []string{"a", "b"},
		Tags:                  map[string]string{"z": "1", "a": "2"},
		PageSize:              7,
		Extra:                 map[string]json.RawMessage{"x": json.RawMessage(`[1]`)},
	}
	want := `{"connection_id":"a\"b\\c","search":"line\u000abreak","end_user_id":"ü` + "\xff" +
		`","end_user_organization_id":"o",` +
		`"integration_id":["a","b"],"tags":{"a":"2","z":"1"},"x":[1]}`
	if got := f.json(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := (Filter{PageSize: 3}).json(); got != "" {
		t.Errorf("got %s", got)
	}
}

func TestMilliseconds(t *testing.T) {
	for d, want := range map[time.Duration]uint32{
		-1: 0, 0: 0, 1: 1, time.Millisecond: 1, time.Millisecond + 1: 2, time.Second: 1000,
		1<<63 - 1: 1<<32 - 1,
	} {
		if got := uint32(milliseconds(d)); got != want {
			t.Errorf("%v: got %d, want %d", d, got, want)
		}
	}
}
