package main

import (
	"bytes"
	"encoding/json"
	"maps"

	nango "github.com/libnango/libnango/bindings/go"
)

// split moves the parameters with these names out of those given, and decodes the others into
// params, which is nil if there must be none.
func split(given map[string]json.RawMessage, params any, names ...string) ([]string, bool) {
	others := maps.Clone(given)
	ids := make([]string, len(names))
	for i, name := range names {
		value, ok := others[name]
		if !ok || json.Unmarshal(value, &ids[i]) != nil {
			return nil, false
		}
		delete(others, name)
	}
	if params == nil {
		return ids, len(others) == 0
	}
	text, err := json.Marshal(others)
	if err != nil {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	return ids, decoder.Decode(params) == nil
}

type raw interface{ Raw() json.RawMessage }

func rawOf[T raw](result T, err error) (json.RawMessage, bool, error) {
	if err != nil {
		return nil, true, err
	}
	return result.Raw(), true, nil
}

func rawsOf[T raw](list []T, err error) (json.RawMessage, bool, error) {
	text := []byte{'['}
	for i, result := range list {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, result.Raw()...)
	}
	return append(text, ']'), true, err
}

func jsonOf(text json.RawMessage, err error) (json.RawMessage, bool, error) {
	if text == nil {
		text = json.RawMessage("null")
	}
	return text, true, err
}

func secretJSONOf(text nango.SecretJSON, err error) (json.RawMessage, bool, error) {
	revealed := text.Reveal()
	if len(revealed) == 0 {
		return json.RawMessage("null"), true, err
	}
	return revealed, true, err
}
