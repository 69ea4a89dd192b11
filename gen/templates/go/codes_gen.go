// Code {{ notice | replace("Generated", "generated") | replace(" by nango-gen: do not edit, run `make generate`.", " by nango-gen. DO NOT EDIT.") }}

package nango

// #include <nango.h>
import "C"

// The codes. The numbers never change; more may come.
const (
	// CodeOK: no error.
	CodeOK Code = C.NANGO_OK
{% for code in codes %}
{{ ("Code" ~ code.go ~ ": " ~ code.doc.go) | comment("	//") }}
	Code{{ code.go }} Code = C.NANGO_ERROR_{{ code.name }}
{% endfor %}
)

// The errors that [errors.Is] compares an error of this package with: one for each code.
var (
{% for code in codes %}
	{{ ("Err" ~ code.go) | pad(22) }} error = sentinel(Code{{ code.go }})
{% endfor %}
)
