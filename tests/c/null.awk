# Writes null_matrix.c out of the header's declarations, one to a line: each function is called with NULL for each of its pointers in turn, and with NULL for all.
# What it does not know, such as a pointer to a new type, ends it: whoever adds a function says here what its pointers are.

BEGIN {
    # What a pointer may be when it is not NULL, by its type, or by its name where it is a text.
    value["const nango_client *"] = "t.client"
    value["const nango_options *"] = value["nango_options *"] = "t.options"
    value["const nango_call_options *"] = value["nango_call_options *"] = "t.call"
    value["const nango_cancel *"] = "t.cancel"
    value["const nango_pager *"] = "t.pager"
    value["const nango_queue *"] = "t.queue"
    value["const nango_error *"] = "t.error"
    value["nango_error **"] = "&error"
    value["nango_completion *"] = "&t.completion"
    value["const uint8_t *"] = "(const uint8_t *)\"pem\""
    text["base_url"] = text["url"] = "HOST"
    text["secret_key"] = text["key"] = "KEY"
    text["provider_config_key"] = "\"github\""
    text["connection_id"] = "\"bob\""
    text["refused_token"] = "\"refused\""
    text["filter_json"] = text["params_json"] = "\"{}\""
    text["operation"] = "\"list_connections\""
    text["suffix"] = "\"null-matrix/1\""
    text["name"] = "\"x-a\""
    text["value"] = "\"1\""
    text["credentials_json"] = "\"{\\\"type\\\":\\\"API_KEY\\\",\\\"apiKey\\\":\\\"k\\\"}\""
    text["json"] = "\"{\\\"a\\\":[1]}\""
    text["pointer"] = "\"/a\""
    number["bool"] = "true"
    number["nango_code"] = number["nango_tls_roots"] = number["int32_t"] = number["uint32_t"] = number["uint64_t"] = number["size_t"] = "1"

    # Where NULL means something else than "missing": the call succeeds.
    optional["error_out"] = 1
    split("nango_get_connection_json nango_get_token nango_get_credentials_json nango_replace_token nango_list_connections_json nango_pager_new nango_queue_submit", calls, " ")
    for (i in calls) optional[calls[i] " options"] = 1
    optional["nango_list_connections_json filter_json"] = optional["nango_pager_new filter_json"] = optional["nango_queue_submit params_json"] = 1
    optional["nango_client_new base_url"] = 1
    optional["nango_options_set_user_agent_suffix suffix"] = optional["nango_options_set_proxy url"] = optional["nango_call_options_set_cancel cancel"] = 1

    # What a function says to NULL, where it is not 0, false or NULL.
    refusal["nango_queue_fd"] = refusal["nango_error_retry_after_ms"] = "-1"

    print "/* Made by null.awk from nango.h. */"
    print "#include \"null_matrix.h\"\n\nstatic void null_matrix(void)\n{"
}

function fail(what) {
    print "null.awk: " what > "/dev/stderr"
    failed = 1
    exit 1
}

# One call; `null` is which parameter is NULL, 0: all of them.
function one(null,    i, list, missing, out, fails) {
    list = ""
    out = 0
    fails = ""
    for (i = 1; i <= count; i++) {
        missing = is_pointer[i] && (null == i || null == 0)
        if (missing && !optional[names[i]] && !optional[function_name " " names[i]]) fails = names[i]
        if (names[i] == "error_out" && !missing) out = 1
        list = list (i > 1 ? ", " : "") (missing ? "NULL" : given[i])
    }
    cases++
    printf "    CASE(\"%s: %s\") {\n", function_name, null == 0 ? "all NULL" : names[null] " NULL"
    if (result == "void") {
        printf "        %s(%s);\n", function_name, list
    } else {
        printf "        %s%sresult = %s(%s);\n", result, result ~ /\*$/ ? "" : " ", function_name, list
        if (fails == "") {
            if (result == "nango_code") print "        CHECK(result == NANGO_OK);"
            else print "        CHECK(result);"
        } else if (result == "nango_code" && function_name != "nango_error_code")
            print "        CHECK(result == NANGO_ERROR_INVALID_ARGUMENT);"
        else if (function_name in refusal)
            printf "        CHECK(result == %s);\n", refusal[function_name]
        else
            print "        CHECK(!result);"
        if (out && fails != "") printf "        CHECK_MISSING(error, \"%s\");\n", fails
        if (out && fails == "") print "        CHECK(!error);"
        if (result == "char *") print "        nango_free_string(result);"
        else if (result ~ /^nango_.*\*$/) printf "        %s_free(result);\n", substr(result, 1, length(result) - 2)
    }
    print "    }"
}

{
    gsub(/[ \t]+/, " ")
    gsub(/struct /, "")
    sub(/^ /, "")
    if (!match($0, /nango_[a-z0-9_]*\(/)) fail("no function: " $0)
    function_name = substr($0, RSTART, RLENGTH - 1)
    result = substr($0, 1, RSTART - 1)
    sub(/ $/, "", result)
    parameters = substr($0, RSTART + RLENGTH)
    sub(/\) *$/, "", parameters)
    count = parameters == "void" ? 0 : split(parameters, all, /, */)
    pointers = 0
    for (i = 1; i <= count; i++) {
        match(all[i], /[a-z0-9_]+$/)
        names[i] = substr(all[i], RSTART)
        type = substr(all[i], 1, RSTART - 1)
        is_pointer[i] = type ~ /\*$/
        if (is_pointer[i]) pointers++
        sub(/ $/, "", type)
        if (type == "const char *" && names[i] in text) given[i] = text[names[i]]
        else if (type in value) given[i] = value[type]
        else if (type in number) given[i] = number[type]
        # It has no other pointer, so nothing else is ever needed in its place.
        else if (is_pointer[i] && count == 1) given[i] = "NULL"
        else fail(function_name ": what is a " type " " names[i] "?")
        if (type == "const char *" && !(names[i] in text)) fail(function_name ": which text is " names[i] "?")
    }
    functions++
    if (pointers) taking++
    for (i = 1; i <= count; i++)
        if (is_pointer[i]) one(i)
    if (pointers > 1) one(0)
}

END {
    if (failed) exit 1
    printf "}\n\nstatic const int functions = %d, taking = %d, cases = %d;\n\n#include \"null_main.h\"\n", functions, taking, cases
}
