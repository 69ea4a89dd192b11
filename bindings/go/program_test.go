package nango_test

import (
	"bufio"
	"debug/elf"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	nango "github.com/libnango/libnango/bindings/go"
)

// The tag decides whether the program loads the library or contains it; both work.
func TestLinking(t *testing.T) {
	const fully = "-linkmode external -extldflags -static"
	for name, how := range map[string]struct{ tags, ldflags string }{
		"shared": {}, "static": {tags: "nango_static"}, "fully static": {"nango_static", fully},
	} {
		t.Run(name, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "connection")
			build := exec.Command("go", "build", "-tags", how.tags, "-ldflags", how.ldflags,
				"-o", program, ".")
			build.Dir = "../../examples/go"
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			file, err := elf.Open(program)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = file.Close() }()
			libraries, err := file.ImportedLibraries()
			if err != nil {
				t.Fatal(err)
			}
			needsLibrary := slices.ContainsFunc(
				libraries,
				func(name string) bool { return strings.HasPrefix(name, "libnango") },
			)
			if needsLibrary != (how.tags == "") || (how.ldflags != "" && len(libraries) > 0) {
				t.Errorf("the program needs %v", libraries)
			}
			out, err := exec.Command(program, "github", "alice", os.Getenv("NANGO_DEV_PROVIDER_URL")).
				CombinedOutput()
			if err != nil || !strings.Contains(string(out), "the provider accepts the token") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// A library that is older than the package, or lacks a function, is an error that says so.
// The dynamic linker would end the process.
func TestOlderLibrary(t *testing.T) {
	folder := t.TempDir()
	program := filepath.Join(folder, "connection")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = "../../examples/go"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for version, number := range map[string]string{"0.0.9": "9", nango.Version: "0x100"} {
		source := filepath.Join(folder, "older.c")
		text := `const char *nango_version(void) { return "` + version + `"; }
unsigned nango_version_number(void) { return ` + number + `; }
const char *nango_code_name(int code) { return code ? "INTERNAL" : "OK"; }
const char *nango_code_advice(int code) { return code ? "Read the message." : ""; }
`
		if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		compile := exec.Command("cc", "-shared", "-fPIC", "-Wl,-soname,libnango.so.0",
			"-o", filepath.Join(folder, "libnango.so.0"), source)
		if out, err := compile.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		run := exec.Command(program, "github", "alice", "http://127.0.0.1:1")
		run.Env = append(os.Environ(), "LD_LIBRARY_PATH="+folder)
		out, err := run.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "libnango "+version) ||
			!strings.Contains(string(out), "check which libnango.so the loader finds first") {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

// Without cgo, the build fails with a sentence, and with nothing else.
func TestWithoutCgo(t *testing.T) {
	build := exec.Command("go", "build", ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err == nil || len(lines) != 2 ||
		!strings.Contains(lines[1], "needs_cgo__set_CGO_ENABLED_to_1_and_install_a_C_compiler") {
		t.Errorf("%v\n%s", err, out)
	}
}

// The example works as documented, and says what to do when it fails.
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
	const accepted = `api: 200, the provider accepts the token\n`
	const connections = `connections: \S+ \(\S+\), \S+ \(\S+\), \S+ \(\S+\) and \d+ more\n`
	for name, run := range map[string]struct {
		arguments           []string
		environment         string
		status              int
		wantOut, wantErrors string
	}{
		"a token": {[]string{"github", "alice", provider}, "", 0,
			connections + `token: …\S{4} \(\d+ characters\)\n` + accepted, ``},
		"until refused": {[]string{"github", "bob", fading, "--until-refused"}, "", 0,
			connections + `token: …\S* \(\d+ characters\)\n` + accepted +
				`waiting for the token to expire …\napi: 401, the provider refuses the token\n` +
				`token: …\S* \(\d+ characters\), the same one\n` + accepted, ``},
		"another answer": {[]string{"stripe-key", "carol", other}, "", 0,
			connections + `token: … \(12 characters\)\napi: 404\n`, ``},
		"reconnect": {[]string{"github", "broken", provider}, "", 1, connections,
			`error: .* \(RECONNECT_REQUIRED\)\n` +
				`-> Send the user through a reconnect session.\n`},
		"no single token": {[]string{"basic-auth", "dave", provider}, "", 1, connections,
			`error: .* \(NO_SINGLE_TOKEN\)\n-> Ask for all of them .*\n`},
		"not found": {[]string{"github", "zoe", provider}, "", 1, connections,
			`error: .* \(NOT_FOUND\)\n-> Check .*\n`},
		"unauthorized": {[]string{"github", "bob", provider},
			"NANGO_SECRET_KEY=11111111-2222-4333-8444-555555555555", 1, ``,
			`error: .* \(UNAUTHORIZED\)\n-> Check the key.*\n`},
		"no server": {[]string{"github", "bob", provider}, "NANGO_HOST=http://127.0.0.1:1", 1, ``,
			`error: .* \(CONNECT\)\n-> Check that the server runs.*\n`},
		"no API": {[]string{"github", "bob", "http://127.0.0.1:1"}, "", 1,
			connections + `token: .*\n`, `error: .*\n`},
		"too few":      {[]string{"github", "bob"}, "", 2, ``, `usage: .*\n`},
		"a wrong flag": {[]string{"github", "bob", provider, "--soon"}, "", 2, ``, `usage: .*\n`},
		"no argument":  {nil, "", 2, ``, `usage: .*\n`},
		"bad id": {[]string{"github", "..", provider}, "", 1, connections,
			`error: .* \(INVALID_ARGUMENT\)\n-> Fix the argument.*\n`},
		"bad server": {[]string{"github", "bob", provider}, "NANGO_HOST=nango", 1, ``,
			`error: .* \(INVALID_ARGUMENT\)\n-> Fix the argument.*\n`},
		"no credentials": {[]string{"none", "nobody", provider}, "", 1, connections,
			`error: .* \(NO_CREDENTIALS\)\n-> Add the scope.*\n`},
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

// The web service runs as its users run it: it answers, logs no secrets, and stops cleanly.
func TestWebService(t *testing.T) {
	program := filepath.Join(t.TempDir(), "webservice")
	build := exec.Command("go", "build", "-o", program, "./webservice")
	build.Dir = "../../examples/go"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	service := exec.Command(program)
	service.Env = append(
		os.Environ(),
		"LISTEN=127.0.0.1:0",
		"PROVIDER_URL="+os.Getenv("NANGO_DEV_PROVIDER_URL"),
	)
	log, err := service.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = service.Process.Kill() }()
	lines := bufio.NewScanner(log)
	if !lines.Scan() {
		t.Fatal("the service logs nothing")
	}
	url := regexp.MustCompile(`http://\S+`).FindString(lines.Text())
	for path, want := range map[string]string{
		"/users/alice/profile":  `200 {"profile":{.*"login":"alice".*},"user":"alice"}`,
		"/users/broken/profile": `409 {"error":"the user must connect again"}`,
		"/users/flaky/profile":  `503 {"error":"try again later, or connect again"}`,
		"/users/nobody/profile": `404 {"error":"not connected yet"}`,
		"/health":               `200 {"libnango":"\S+","ok":true}`,
	} {
		response, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		wantMatch(t, path, want+"\n", strconv.Itoa(response.StatusCode)+" "+string(body))
	}
	if err := service.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		if strings.Contains(lines.Text(), os.Getenv("NANGO_SECRET_KEY")) ||
			strings.Contains(lines.Text(), "Bearer") {
			t.Errorf("a secret in the log: %s", lines.Text())
		}
	}
	if err := service.Wait(); err != nil {
		t.Error(err)
	}
}

// Each of the other modules has its own tests.
func TestOtherModules(t *testing.T) {
	for _, folder := range []string{"oauth2", "../../examples/go"} {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			download := exec.Command("go", "mod", "download")
			download.Dir = folder
			if out, err := download.CombinedOutput(); err != nil {
				t.Skipf("cannot download its modules: %v\n%s", err, out)
			}
			tests := exec.Command("go", "test", "./...")
			tests.Dir = folder
			if out, err := tests.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
