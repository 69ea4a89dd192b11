//go:build cgo

package nango

import (
	"context"
	"encoding/json"
	"strings"
)

// callNamed runs an operation. named holds the names and values of the parameters that are
// arguments of their own; params, which may be nil, the others.
func (c *Client) callNamed(
	ctx context.Context, operation string, params any, options []CallOption, named ...string,
) (json.RawMessage, error) {
	others, err := paramsText(params)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	for i := 0; i < len(named); i += 2 {
		if err := rejectNUL(named[i], named[i+1]); err != nil {
			return nil, err
		}
		text.WriteString(separator(i) + quote(named[i]) + ":" + quote(named[i+1]))
	}
	members := strings.TrimSuffix(strings.TrimPrefix(others, "{"), "}")
	if members != "" {
		text.WriteString(separator(len(named)) + members)
	}
	if text.Len() == 0 {
		return c.call(ctx, request{operation + "\x00", ""}, options)
	}
	return c.call(ctx, request{operation + "\x00", text.String() + "}"}, options)
}

func separator(before int) string {
	if before == 0 {
		return "{"
	}
	return ","
}

// result is an object of Nango's answers.
type result[T any] interface {
	*T
	decode(text []byte) error
}

func decoded[T any, P result[T]](text json.RawMessage, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	object := new(T)
	if err := P(object).decode(text); err != nil {
		return nil, err
	}
	return object, nil
}

func decodedList[T any, P result[T]](text json.RawMessage, err error) ([]*T, error) {
	if err != nil {
		return nil, err
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(text, &elements); err != nil {
		return nil, unexpected()
	}
	list := make([]*T, 0, len(elements))
	for _, element := range elements {
		object, err := decoded[T, P](element, nil)
		if err != nil {
			return nil, err
		}
		list = append(list, object)
	}
	return list, nil
}

// orNil returns nil for null.
func orNil(text json.RawMessage, err error) (json.RawMessage, error) {
	if err != nil || string(text) == "null" {
		return nil, err
	}
	return text, nil
}

func secretJSONOf(text json.RawMessage, err error) (SecretJSON, error) {
	text, err = orNil(text, err)
	if err != nil || text == nil {
		return SecretJSON{}, err
	}
	return newSecretJSON(text), nil
}
