//! The codes.
//!
//! {{ notice }}

use super::nango_code;

/// No error.
pub const NANGO_OK: nango_code = 0;
{% for code in codes %}
{{ code.doc.c | comment("///") }}
pub const NANGO_ERROR_{{ code.name }}: nango_code = {{ code.number }};
{% endfor %}

/// What kind of failure an [`Error`](super::Error) is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
#[non_exhaustive]
pub enum Code {
{% for code in codes %}
    /// [`NANGO_ERROR_{{ code.name }}`]
    {{ code.camel }} = NANGO_ERROR_{{ code.name }},
{% endfor %}
}

impl Code {
    /// Every code, in the order of its number.
    pub const ALL: &'static [Code] = &[
{% for code in codes %}
        Code::{{ code.camel }},
{% endfor %}
    ];

    /// The code's name without the prefix, such as `RATE_LIMITED`, with a NUL at its end for C.
    pub(crate) fn name_with_nul(self) -> &'static str {
        match self {
{% for code in codes %}
            Code::{{ code.camel }} => "{{ code.name }}\0",
{% endfor %}
        }
    }

    /// What to do about it, with a NUL at its end for C.
    pub(crate) fn advice_with_nul(self) -> &'static str {
        match self {
{% for code in codes %}
            Code::{{ code.camel }} => {
                "{{ code.plain_advice | comment("                     ") | trim | replace("\n", " \\\n") }}\0"
            }
{% endfor %}
        }
    }

    /// Whether authorising again may help. This is a hint: Nango reports a revoked grant and an
    /// outage of the provider in the same way until it gives up after several days.
    pub fn suggests_reconnect(self) -> bool {
        matches!(
            self,
            {% for code in codes if code.suggests_reconnect %}{{ "| " if not loop.first }}Code::{{ code.camel }} {% endfor %}

        )
    }
}
