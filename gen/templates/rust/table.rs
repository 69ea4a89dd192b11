//! The table of operations.
//!
//! {{ notice }}

use reqwest::Method;

use super::{Kind, Location, Operation, Returns, optional, required};

{% for operation in operations %}
{% if operation.public %}
{{ ("`" ~ operation.method ~ " " ~ operation.path ~ "`. " ~ operation.summary) | comment("///") }}
{% endif %}
pub{{ "(crate)" if not operation.public }} static {{ operation.constant }}: Operation = Operation {
    name: "{{ operation.name }}",
    method: Method::{{ operation.method }},
    path: "{{ operation.oldest_path }}",
    plural_path: "{{ operation.path }}",
    parameters: &[
{% for parameter in operation.parameters %}
        {{ "required" if parameter.required else "optional" }}("{{ parameter.name }}", "{{ parameter.wire }}", Location::{{ parameter.location }}, Kind::{{ parameter.kind }}),
{% endfor %}
    ],
    authorized: {{ operation.authorized | tojson }},
    repeatable: {{ operation.repeatable | tojson }},
    unless_true: &{{ operation.unless_true | tojson }},
    returns: Returns::{{ operation.returns }},
    identity: {{ operation.identity | tojson }},
};

{% endfor %}
/// Every operation.
pub static ALL: &[&Operation] = &[
{% for operation in operations if operation.public %}
    &{{ operation.constant }},
{% endfor %}
];
