package nango_test

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The example does what it says, and says what to do when it cannot.
func TestExampleProgram(t *testing.T) {
	program := filepath.Join(t.TempDir(), "connection")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = "../../examples/go"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	provider := os.Getenv("NANGO_DEV_PROVIDER_URL")
	calls := 0
	fading, _ := server(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls == 3 {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	other, _ := server(t, http.NotFound)
	const connections = `connections: \S+ \(\S+\), \S+ \(\S+\), \S+ \(\S+\) and \d+ more\n`
	for name, run := range map[string]struct {
		arguments           []string
		environment         string
		status              int
		wantOut, wantErrors string
	}{
		"a token": {[]string{"github", "alice", provider}, "", 0,
			connections + `token: …\S{4} \(\d+ characters\)\napi: 200, the provider accepts the token\n`, ``},
		"until refused": {[]string{"github", "bob", fading, "--until-refused"}, "", 0,
			connections + `token: …\S* \(\d+ characters\)\napi: 200, the provider accepts the token\nwaiting for the token to run out …\n` +
				`api: 401, the provider refuses the token\ntoken: …\S* \(\d+ characters\), the same one\napi: 200, the provider accepts the token\n`, ``},
		"another answer": {[]string{"stripe-key", "carol", other}, "", 0, connections + `token: … \(12 characters\)\napi: 404\n`, ``},
		"reconnect": {[]string{"github", "broken", provider}, "", 1, connections,
			`error: .* \(RECONNECT_REQUIRED\)\n-> send the user through a reconnect session; the old token is gone for good\n`},
		"no single token": {[]string{"basic-auth", "dave", provider}, "", 1, connections, `error: .* \(NO_SINGLE_TOKEN\)\n-> ask for .*\n`},
		"not found":       {[]string{"github", "zoe", provider}, "", 1, connections, `error: .* \(NOT_FOUND\)\n-> check .*\n`},
		"unauthorized": {[]string{"github", "bob", provider}, "NANGO_SECRET_KEY=11111111-2222-4333-8444-555555555555", 1, ``,
			`error: .* \(UNAUTHORIZED\)\n-> check NANGO_SECRET_KEY.*\n`},
		"no server":     {[]string{"github", "bob", provider}, "NANGO_HOST=http://127.0.0.1:1", 1, ``, `error: .* \(CONNECT\)\n-> check NANGO_HOST.*\n`},
		"no API":        {[]string{"github", "bob", "http://127.0.0.1:1"}, "", 1, connections + `token: .*\n`, `error: .*\n`},
		"too little":    {[]string{"github", "bob"}, "", 2, ``, `usage: .*\n`},
		"a wrong flag":  {[]string{"github", "bob", provider, "--soon"}, "", 2, ``, `usage: .*\n`},
		"no argument":   {nil, "", 2, ``, `usage: .*\n`},
		"bad id":        {[]string{"github", "..", provider}, "", 1, connections, `error: .* \(INVALID_ARGUMENT\)\n`},
		"bad server":    {[]string{"github", "bob", provider}, "NANGO_HOST=nango", 1, ``, `error: .* \(INVALID_ARGUMENT\)\n`},
		"no credential": {[]string{"none", "nobody", provider}, "", 1, connections, `error: .* \(NO_CREDENTIALS\)\n`},
	} {
		t.Run(name, func(t *testing.T) {
			command := exec.Command(program, run.arguments...)
			if run.environment != "" {
				command.Env = append(os.Environ(), run.environment)
			}
			var stderr strings.Builder
			command.Stderr = &stderr
			stdout, err := command.Output()
			status := 0
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				status = exit.ExitCode()
			} else if err != nil {
				t.Fatal(err)
			}
			if status != run.status {
				t.Errorf("got the status %d, want %d", status, run.status)
			}
			wantMatch(t, "stdout", run.wantOut, string(stdout))
			wantMatch(t, "stderr", run.wantErrors, stderr.String())
		})
	}
}

func wantMatch(t *testing.T, name, pattern, text string) {
	t.Helper()
	if !regexp.MustCompile("^" + pattern + "$").MatchString(text) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, text, pattern)
	}
}
