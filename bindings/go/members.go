//go:build cgo

package nango

import "encoding/json"

// members are the members of a JSON object. Decoding into a struct would accept "Type" for "type",
// and fail at a member of an unexpected type.
type members map[string]json.RawMessage

func objectOf(data []byte) (members, error) {
	var m members
	if err := json.Unmarshal(data, &m); err != nil || m == nil {
		return nil, unexpected()
	}
	return m, nil
}

// unexpected leaves out the message of encoding/json, which may quote the text.
func unexpected() error {
	return newError(CodeInvalidResponse,
		"the answer is JSON, but not of the expected form; check the base URL")
}

func membersOf(data json.RawMessage) members {
	m, err := objectOf(data)
	if err != nil {
		return nil
	}
	return m
}

// take moves a member into a variable. A member of another type stays.
func take[T any](m members, name string, into *T) {
	var taken T
	if value, ok := m[name]; ok && json.Unmarshal(value, &taken) == nil {
		*into = taken
		delete(m, name)
	}
}

// takeList copies the objects of a list, and removes the list unless it holds anything else.
func takeList[T any](m members, name string, into *[]T) {
	var elements []json.RawMessage
	if json.Unmarshal(m[name], &elements) != nil {
		return
	}
	objects := make([]T, 0, len(elements))
	for _, element := range elements {
		var object T
		if string(element) != "null" && json.Unmarshal(element, &object) == nil {
			objects = append(objects, object)
		}
	}
	if elements != nil {
		*into = objects
	}
	if len(objects) == len(elements) {
		delete(m, name)
	}
}

// takeTexts copies the strings of an object, and removes the object unless it holds anything else.
func (m members) takeTexts(name string, into *map[string]string) {
	var all map[string]json.RawMessage
	if json.Unmarshal(m[name], &all) != nil {
		return
	}
	texts := make(map[string]string, len(all))
	for name, value := range all {
		var text *string
		if json.Unmarshal(value, &text) == nil && text != nil {
			texts[name] = *text
		}
	}
	if all != nil {
		*into = texts
	}
	if len(texts) == len(all) {
		delete(m, name)
	}
}

// takeJSON moves a member of any type; null becomes nil.
func (m members) takeJSON(name string, into *json.RawMessage) {
	if value, ok := m[name]; ok {
		if string(value) != "null" {
			*into = value
		}
		delete(m, name)
	}
}

// takeSecretJSON moves a member of any type; null becomes nothing.
func (m members) takeSecretJSON(name string, into *SecretJSON) {
	var value json.RawMessage
	if m.takeJSON(name, &value); value != nil {
		*into = newSecretJSON(value)
	}
}

// takeSecret moves a member that is a string.
func (m members) takeSecret(name string, into *Secret) {
	var text *string
	if take(m, name, &text); text != nil {
		*into = NewSecret(*text)
	}
}

// rest returns the members that were not taken.
func (m members) rest() map[string]SecretJSON {
	if len(m) == 0 {
		return nil
	}
	rest := make(map[string]SecretJSON, len(m))
	for name, value := range m {
		rest[name] = newSecretJSON(value)
	}
	return rest
}

func (m members) field(name string) (Secret, bool) {
	value, ok := m[name]
	if !ok || string(value) == "null" {
		return Secret{}, false
	}
	var text string
	if json.Unmarshal(value, &text) == nil {
		return NewSecret(text), true
	}
	return NewSecret(string(value)), true
}
