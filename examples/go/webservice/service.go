package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
)

type service struct {
	client                   *nango.Client
	integration, providerURL string
}

// newService answers GET /users/ID/profile with what the provider says about the user with that
// connection, and GET /health.
//
// In a real service, do not take the connection's id from the URL: use that of the logged-in user.
func newService(client *nango.Client, integration, providerURL string) http.Handler {
	s := service{client, integration, providerURL}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /users/{id}/profile", s.profile)
	routes.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"ok": true, "libnango": nango.LibraryVersion()})
	})
	return routes
}

func (s service) profile(w http.ResponseWriter, r *http.Request) {
	profile, err := s.askProvider(r, r.PathValue("id"))
	if err != nil {
		fail(w, r, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{"user": r.PathValue("id"), "profile": profile})
}

// askProvider ends when the user disconnects, because the request's context applies to fetching the
// token and to calling the provider.
func (s service) askProvider(r *http.Request, id string) (json.RawMessage, error) {
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, s.providerURL, nil)
	if err != nil {
		return nil, err
	}
	// This is cheap to create: the client and http.DefaultTransport keep the connections.
	provider := http.Client{
		Transport: s.client.Transport(s.integration, id, nil),
		Timeout:   20 * time.Second,
	}
	response, err := provider.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK || !json.Valid(body) {
		return nil, fmt.Errorf("the provider answered %s", response.Status)
	}
	return body, nil
}

// fail tells the user what to do, and logs the rest. The error holds no secrets.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	slog.WarnContext(r.Context(), "no profile", "path", r.URL.Path, "error", err)
	var e *nango.Error
	switch {
	case errors.Is(err, nango.ErrNotFound):
		refuse(w, http.StatusNotFound, "not connected yet")
	case errors.Is(err, nango.ErrIntegrationNotFound), errors.Is(err, nango.ErrInvalidArgument):
		// A fault of this service, not of the user.
		refuse(w, http.StatusInternalServerError, "internal error")
	case errors.Is(err, nango.ErrReconnectRequired):
		// A real service starts a reconnect session here.
		refuse(w, http.StatusConflict, "the user must connect again")
	case errors.As(err, &e) && e.Retryable:
		after, known := e.RetryAfter()
		if !known {
			after = 5 * time.Second
		}
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
		message := "try again later"
		if e.SuggestsReconnect() {
			// Only a hint: an outage of the provider looks the same as a revoked grant.
			message += ", or connect again"
		}
		refuse(w, http.StatusServiceUnavailable, message)
	default:
		refuse(w, http.StatusBadGateway, "the provider gave an unexpected answer; try again later")
	}
}

func refuse(w http.ResponseWriter, status int, message string) {
	answer(w, status, map[string]string{"error": message})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		slog.Warn("the user disconnected", "error", err)
	}
}
