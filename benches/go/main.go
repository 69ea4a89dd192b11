// Command bench measures calls in Go: of libnango, or of net/http with encoding/json.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
)

const key = "0f8fad5b-d9cb-469f-a165-70867728950e"

func main() {
	if len(os.Args) != 6 {
		fmt.Fprintln(os.Stderr, "usage: bench KIND URL CA IN_FLIGHT CALLS")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], atoi(os.Args[4]), atoi(os.Args[5])); err != nil {
		fmt.Fprintln(os.Stderr, os.Args[1], err)
		os.Exit(1)
	}
}

func atoi(text string) int {
	number, _ := strconv.Atoi(text)
	return number
}

func run(kind, url, authority string, inFlight, calls int) error {
	pem, err := os.ReadFile(authority)
	if err != nil {
		return err
	}
	call, err := caller(kind, url, pem, inFlight)
	if err != nil {
		return err
	}
	if calls > 1 {
		if _, err := several(call, inFlight, inFlight*20); err != nil {
			return err
		}
	}
	began, spent := time.Now(), cpu()
	times, err := several(call, inFlight, calls)
	if err != nil {
		return err
	}
	seconds := time.Since(began).Seconds()
	spent = cpu() - spent
	slices.Sort(times)
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"seconds": seconds,
		"cpu":     spent,
		"p50":     micro(times[len(times)/2]),
		"p99":     micro(times[len(times)*99/100]),
		"peak":    peak(),
	})
}

func caller(kind, url string, pem []byte, inFlight int) (func() error, error) {
	if kind == "libnango" {
		options := []nango.Option{
			nango.WithBaseURL(url),
			nango.WithMaxConnections(uint32(max(inFlight, 256))),
			nango.WithIdleConnections(uint32(max(inFlight, 8))),
		}
		if strings.HasPrefix(url, "https") {
			options = append(options, nango.WithTLSRoots(nango.TLSRootsCustomOnly), nango.WithCAPEM(pem))
		}
		client, err := nango.New(key, options...)
		if err != nil {
			return nil, err
		}
		return func() error {
			_, err := client.GetToken(context.Background(), "github", "bob")
			return err
		}, nil
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{
		Timeout: time.Minute,
		Transport: &http.Transport{
			MaxIdleConnsPerHost: inFlight,
			TLSClientConfig:     &tls.Config{RootCAs: roots},
		},
	}
	return func() error { return getToken(client, url) }, nil
}

func getToken(client *http.Client, url string) error {
	request, err := http.NewRequest(
		http.MethodGet,
		url+"/connection/bob?provider_config_key=github",
		nil,
	)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	var connection struct {
		Credentials struct {
			AccessToken string `json:"access_token"`
		} `json:"credentials"`
	}
	if err := json.Unmarshal(body, &connection); err != nil {
		return err
	}
	if connection.Credentials.AccessToken == "" {
		return errors.New("no token")
	}
	return nil
}

// several makes the calls from inFlight goroutines, and returns how long each took.
func several(call func() error, inFlight, calls int) ([]time.Duration, error) {
	var wait sync.WaitGroup
	each := max(calls/inFlight, 1)
	times := make([]time.Duration, each*inFlight)
	failures := make([]error, inFlight)
	for number := range inFlight {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := range each {
				before := time.Now()
				if err := call(); err != nil {
					failures[number] = err
					return
				}
				times[number*each+i] = time.Since(before)
			}
		}()
	}
	wait.Wait()
	return times, errors.Join(failures...)
}

func micro(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

func cpu() float64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

func peak() int {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	return atoi(strings.Fields(rest + " 0")[0])
}
