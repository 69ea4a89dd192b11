//go:build cgo

package nango

import "slices"

// HasAuthError reports whether one of the connection's errors concerns its authorisation. This is a
// hint: Nango records the same error for a revoked grant, an outage of the provider and a blocked
// URL. Let the user choose between reconnecting and trying again, and disable nothing because of a
// hint.
func (c Connection) HasAuthError() bool { return hasAuthError(c.Errors) }

// HasAuthError is [Connection.HasAuthError] for an element of a list.
func (c ConnectionSummary) HasAuthError() bool { return hasAuthError(c.Errors) }

func hasAuthError(errors []ConnectionError) bool {
	return slices.ContainsFunc(errors, func(e ConnectionError) bool { return e.Type == "auth" })
}
