// Code {{ notice | replace("Generated", "generated") | replace(" by nango-gen: do not edit, run `make generate`.", " by nango-gen. DO NOT EDIT.") }}

package nango

// #include <nango.h>
import "C"

import (
	"time"
	"unsafe"
)
{% for option in options if option.go %}
{% set default = option.default_go or ((option.default_ms | seconds ~ " s") if option.default_ms else (option.text_default and option.text_default.go)) %}

{{ ("With" ~ option.go ~ " " ~ option.doc.go
    ~ (" Default: " ~ default ~ "." if default and option.kind != "flag" else "")) | comment("//") }}
{% if option.kind in ["text", "text_or_null"] %}
func With{{ option.go }}({{ option.param }} string) Option {
	return func(s *settings) {
		s.text("{{ option.thing }}", {{ option.param }}, func(text *C.char) {
			C.nango_options_set_{{ option.name }}(s.options, text)
		})
	}
}
{% elif option.kind == "duration" %}
func With{{ option.go }}(d time.Duration) Option {
	return func(s *settings) {
{% if option.name == "timeout" %}
		s.timeout = d
{% endif %}
		s.duration("{{ option.name }}", d, func(ms C.uint32_t) {
			C.nango_options_set_{{ option.name }}_ms(s.options, ms)
		})
	}
}
{% elif option.kind == "pem" %}
func With{{ option.go }}(pem []byte) Option {
	return func(s *settings) {
		data := (*C.uint8_t)(unsafe.SliceData(pem))
		C.nango_options_{{ "add" if option.add else "set" }}_{{ option.name }}(s.options, data, C.size_t(len(pem)))
	}
}
{% elif option.kind == "tls_roots" %}
func With{{ option.go }}(roots TLSRoots) Option {
	return func(s *settings) { C.nango_options_set_tls_roots(s.options, C.nango_tls_roots(roots)) }
}
{% elif option.kind == "flag" %}
func With{{ option.go }}() Option {
	return func(s *settings) { C.nango_options_set_{{ option.name }}(s.options, true) }
}
{% else %}
{% set size = 64 if option.kind == "bytes" else 32 %}
func With{{ option.go }}({{ option.param }} uint{{ size }}) Option {
	return func(s *settings) {
{% if option.name == "events" %}
		s.events = {{ option.param }} > 0
{% endif %}
		C.nango_options_set_{{ option.name }}(s.options, C.uint{{ size }}_t({{ option.param }}))
	}
}
{% endif %}
{% endfor %}
