//! The table of operations.
//!
//! {{ notice }}

use reqwest::Method;

use super::{Family, Kind, Location, Operation, Page, Repeat, Returns, optional, required};

{% for operation in operations %}
{% if operation.public %}
{{ ("`" ~ operation.route ~ "`. " ~ operation.summary) | comment("///") }}
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
    repeat: Repeat::{{ operation.repeat }}{{ "(&" ~ (operation.conditions | tojson) ~ ")" if operation.conditions }},
    returns: Returns::{{ operation.returns }},
    family: Family::{{ operation.family | camel }},
    page: {% if operation.page %}Some(Page { items: "{{ operation.page.items }}", size: "{{ operation.page.size }}" }){% else %}None{% endif %},
    subject: {{ operation.subject | tojson }},
    identity: {{ operation.identity | tojson }},
};

{% endfor %}
/// Every operation.
pub static ALL: &[&Operation] = &[
{% for operation in operations if operation.public %}
    &{{ operation.constant }},
{% endfor %}
];
