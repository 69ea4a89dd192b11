//go:build !nango_static

package nango

// #cgo pkg-config: nango
//
// #define _GNU_SOURCE
// #include <dlfcn.h>
// #include <stddef.h>
//
// // The functions of libnango that this package calls.
// static const char *const nango_go_functions[] = {
//     "nango_call_options_free",
//     "nango_call_options_new",
//     "nango_call_options_set_force_refresh",
//     "nango_call_options_set_header",
//     "nango_call_options_set_include_refresh_token",
//     "nango_call_options_set_timeout_ms",
//     "nango_client_free",
//     "nango_client_new_with_options",
//     "nango_client_next_event_json",
//     "nango_client_warning",
//     "nango_code_advice",
//     "nango_code_name",
//     "nango_credentials_token",
//     "nango_error_api_code",
//     "nango_error_attempts",
//     "nango_error_body_json",
//     "nango_error_body_reveal",
//     "nango_error_code",
//     "nango_error_free",
//     "nango_error_header",
//     "nango_error_http_status",
//     "nango_error_message",
//     "nango_error_retry_after_ms",
//     "nango_error_retryable",
//     "nango_error_suggests_reconnect",
//     "nango_free_string",
//     "nango_live_objects",
//     "nango_operations_json",
//     "nango_options_add_ca_pem",
//     "nango_options_free",
//     "nango_options_new",
//     "nango_options_new_from_env",
//     "nango_options_set_attempt_timeout_ms",
//     "nango_options_set_base_url",
//     "nango_options_set_client_identity_pem",
//     "nango_options_set_connect_retry_ms",
//     "nango_options_set_connect_timeout_ms",
//     "nango_options_set_events",
//     "nango_options_set_idle_connections",
//     "nango_options_set_idle_timeout_ms",
//     "nango_options_set_max_connections",
//     "nango_options_set_max_response_bytes",
//     "nango_options_set_max_retries",
//     "nango_options_set_max_retry_wait_ms",
//     "nango_options_set_plural_routes",
//     "nango_options_set_proxy",
//     "nango_options_set_secret_key",
//     "nango_options_set_timeout_ms",
//     "nango_options_set_tls_roots",
//     "nango_options_set_user_agent_suffix",
//     "nango_pager_free",
//     "nango_pager_new",
//     "nango_queue_cancel",
//     "nango_queue_fd",
//     "nango_queue_free",
//     "nango_queue_new",
//     "nango_queue_next",
//     "nango_queue_submit",
//     "nango_queue_submit_page",
//     "nango_version",
//     "nango_version_number",
// };
//
// // The dynamic linker ends the process at the first call of a function that an older library does
// // not have. This finds the function first.
// static const char *nango_go_missing_function(void) {
//     size_t count = sizeof nango_go_functions / sizeof *nango_go_functions;
//     for (size_t i = 0; i < count; i++)
//         if (dlsym(RTLD_DEFAULT, nango_go_functions[i]) == NULL)
//             return nango_go_functions[i];
//     return NULL;
// }
import "C"

// missingFunction returns the first function that the loaded library lacks, or an empty string.
func missingFunction() string {
	if name := C.nango_go_missing_function(); name != nil {
		return C.GoString(name)
	}
	return ""
}
