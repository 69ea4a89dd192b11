#ifndef NANGO_H
#define NANGO_H 
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
typedef struct nango_call_options nango_call_options;
typedef struct nango_cancel nango_cancel;
typedef struct nango_client nango_client;
typedef struct nango_error nango_error;
typedef struct nango_json_items nango_json_items;
typedef struct nango_options nango_options;
typedef struct nango_pager nango_pager;
typedef struct nango_params nango_params;
typedef struct nango_queue nango_queue;
typedef int32_t nango_code;
typedef struct nango_completion {
  uint64_t ticket;
  uint64_t user_data;
  char *json;
  nango_error *error;
  void *reserved[4];
} nango_completion;
typedef int32_t nango_tls_roots;
#define NANGO_OK 0
#define NANGO_ERROR_INVALID_ARGUMENT 1
#define NANGO_ERROR_INVALID_UTF8 2
#define NANGO_ERROR_UNKNOWN_OPERATION 3
#define NANGO_ERROR_QUEUE_FULL 4
#define NANGO_ERROR_CLOSED 5
#define NANGO_ERROR_WRONG_PROCESS 6
#define NANGO_ERROR_CONNECT 20
#define NANGO_ERROR_TLS 21
#define NANGO_ERROR_TIMEOUT 22
#define NANGO_ERROR_CANCELLED 23
#define NANGO_ERROR_IO 24
#define NANGO_ERROR_DNS 25
#define NANGO_ERROR_PROXY 26
#define NANGO_ERROR_BAD_REQUEST 40
#define NANGO_ERROR_UNAUTHORIZED 41
#define NANGO_ERROR_FORBIDDEN 42
#define NANGO_ERROR_NOT_FOUND 43
#define NANGO_ERROR_RATE_LIMITED 44
#define NANGO_ERROR_SERVER 45
#define NANGO_ERROR_REFRESH_FAILED 46
#define NANGO_ERROR_RECONNECT_REQUIRED 47
#define NANGO_ERROR_REFRESH_BACKOFF 48
#define NANGO_ERROR_NO_CREDENTIALS 49
#define NANGO_ERROR_NO_SINGLE_TOKEN 50
#define NANGO_ERROR_CONFLICT 51
#define NANGO_ERROR_TOKEN_NOT_REPLACED 52
#define NANGO_ERROR_INTEGRATION_NOT_FOUND 53
#define NANGO_ERROR_INVALID_RESPONSE 60
#define NANGO_ERROR_RESPONSE_TOO_LARGE 61
#define NANGO_ERROR_INTERNAL 90
#define NANGO_ERROR_PANIC 91
#define NANGO_TLS_ROOTS_PLATFORM 0
#define NANGO_TLS_ROOTS_BUNDLED 1
#define NANGO_TLS_ROOTS_CUSTOM_ONLY 2
#ifdef __cplusplus
extern "C" {
#endif
char *nango_get_connection_json(const nango_client *client,
                                const char *provider_config_key,
                                const char *connection_id,
                                const nango_call_options *options,
                                nango_error **error_out);
char *nango_get_token(const nango_client *client,
                      const char *provider_config_key,
                      const char *connection_id,
                      const nango_call_options *options,
                      nango_error **error_out);
char *nango_get_credentials_json(const nango_client *client,
                                 const char *provider_config_key,
                                 const char *connection_id,
                                 const nango_call_options *options,
                                 nango_error **error_out);
char *nango_replace_token(const nango_client *client,
                          const char *provider_config_key,
                          const char *connection_id,
                          const char *refused_token,
                          const nango_call_options *options,
                          nango_error **error_out);
char *nango_credentials_token(const char *credentials_json, nango_error **error_out);
bool nango_connection_has_auth_error(const char *connection_json);
char *nango_list_connections_json(const nango_client *client,
                                  const char *filter_json,
                                  const nango_call_options *options,
                                  nango_error **error_out);
char *nango_call_json(const nango_client *client,
                      const char *operation,
                      const char *params_json,
                      const nango_call_options *options,
                      nango_error **error_out);
const char *nango_operations_json(void);
void nango_free_string(char *text);
nango_client *nango_client_new(const char *base_url,
                               const char *secret_key,
                               nango_error **error_out);
nango_client *nango_client_new_with_options(const nango_options *options, nango_error **error_out);
void nango_client_free(nango_client *client);
const char *nango_client_warning(const nango_client *client);
bool nango_client_warm_up(const nango_client *client, nango_error **error_out);
char *nango_client_next_event_json(const nango_client *client);
nango_code nango_error_code(const nango_error *error);
int32_t nango_error_http_status(const nango_error *error);
const char *nango_error_api_code(const nango_error *error);
const char *nango_error_message(const nango_error *error);
const char *nango_error_body_json(const nango_error *error);
char *nango_error_body_reveal(const nango_error *error);
int64_t nango_error_retry_after_ms(const nango_error *error);
bool nango_error_retryable(const nango_error *error);
uint32_t nango_error_attempts(const nango_error *error);
const char *nango_error_header(const nango_error *error, const char *name);
const char *nango_code_name(nango_code code);
const char *nango_code_advice(nango_code code);
bool nango_error_suggests_reconnect(const nango_error *error);
void nango_error_free(nango_error *error);
char *nango_json_get(const char *json, const char *pointer);
char *nango_json_get_json(const char *json, const char *pointer);
nango_json_items *nango_json_items_new(const char *json, const char *pointer);
nango_json_items *nango_json_members_new(const char *json, const char *pointer);
char *nango_json_items_next(nango_json_items *items);
void nango_json_items_free(nango_json_items *items);
nango_pager *nango_pager_new(const nango_client *client,
                             const char *operation,
                             const char *params_json,
                             uint32_t page_size,
                             const nango_call_options *options,
                             nango_error **error_out);
char *nango_pager_next_json(const nango_pager *pager, nango_error **error_out);
void nango_pager_free(nango_pager *pager);
nango_options *nango_options_new(void);
nango_options *nango_options_new_from_env(nango_error **error_out);
void nango_options_free(nango_options *options);
nango_call_options *nango_call_options_new(void);
void nango_call_options_free(nango_call_options *options);
nango_code nango_call_options_set_cancel(nango_call_options *options, const nango_cancel *cancel);
nango_code nango_call_options_set_header(nango_call_options *options,
                                         const char *name,
                                         const char *value);
nango_cancel *nango_cancel_new(void);
void nango_cancel_trigger(const nango_cancel *cancel);
void nango_cancel_free(nango_cancel *cancel);
nango_params *nango_params_new(void);
nango_code nango_params_set_text(nango_params *params, const char *name, const char *value);
nango_code nango_params_set_integer(nango_params *params, const char *name, int64_t value);
nango_code nango_params_set_bool(nango_params *params, const char *name, bool value);
nango_code nango_params_set_json(nango_params *params, const char *name, const char *value_json);
const char *nango_params_json(const nango_params *params);
void nango_params_free(nango_params *params);
nango_queue *nango_queue_new(nango_error **error_out);
nango_queue *nango_queue_new_with_limit(uint32_t limit, nango_error **error_out);
int32_t nango_queue_fd(const nango_queue *queue);
uint64_t nango_queue_submit(const nango_queue *queue,
                            const nango_client *client,
                            const char *operation,
                            const char *params_json,
                            const nango_call_options *options,
                            uint64_t user_data,
                            nango_error **error_out);
uint64_t nango_queue_submit_get_token(const nango_queue *queue,
                                      const nango_client *client,
                                      const char *provider_config_key,
                                      const char *connection_id,
                                      const nango_call_options *options,
                                      uint64_t user_data,
                                      nango_error **error_out);
uint64_t nango_queue_submit_get_connection(const nango_queue *queue,
                                           const nango_client *client,
                                           const char *provider_config_key,
                                           const char *connection_id,
                                           const nango_call_options *options,
                                           uint64_t user_data,
                                           nango_error **error_out);
uint64_t nango_queue_submit_page(const nango_queue *queue,
                                 const nango_pager *pager,
                                 uint64_t user_data,
                                 nango_error **error_out);
void nango_queue_cancel(const nango_queue *queue, uint64_t ticket);
size_t nango_queue_next(const nango_queue *queue,
                        nango_completion *out,
                        size_t max,
                        int32_t timeout_ms);
void nango_queue_close(const nango_queue *queue);
void nango_queue_free(nango_queue *queue);
nango_code nango_options_set_base_url(nango_options *options, const char *url);
nango_code nango_options_set_secret_key(nango_options *options, const char *key);
nango_code nango_options_set_timeout_ms(nango_options *options, uint32_t ms);
nango_code nango_options_set_connect_timeout_ms(nango_options *options, uint32_t ms);
nango_code nango_options_set_attempt_timeout_ms(nango_options *options, uint32_t ms);
nango_code nango_options_set_max_retries(nango_options *options, uint32_t retries);
nango_code nango_options_set_max_retry_wait_ms(nango_options *options, uint32_t ms);
nango_code nango_options_set_connect_retry_ms(nango_options *options, uint32_t ms);
nango_code nango_options_set_idle_timeout_ms(nango_options *options, uint32_t ms);
nango_code nango_options_set_idle_connections(nango_options *options, uint32_t connections);
nango_code nango_options_set_max_connections(nango_options *options, uint32_t connections);
nango_code nango_options_set_max_response_bytes(nango_options *options, uint64_t bytes);
nango_code nango_options_set_user_agent_suffix(nango_options *options, const char *suffix);
nango_code nango_options_set_proxy(nango_options *options, const char *url);
nango_code nango_options_set_tls_roots(nango_options *options, nango_tls_roots roots);
nango_code nango_options_add_ca_pem(nango_options *options, const uint8_t *pem, size_t len);
nango_code nango_options_set_client_identity_pem(nango_options *options,
                                                 const uint8_t *pem,
                                                 size_t len);
nango_code nango_options_set_plural_routes(nango_options *options, bool plural);
nango_code nango_options_set_events(nango_options *options, uint32_t capacity);
nango_code nango_call_options_set_force_refresh(nango_call_options *options, bool force);
nango_code nango_call_options_set_include_refresh_token(nango_call_options *options, bool include);
nango_code nango_call_options_set_timeout_ms(nango_call_options *options, uint32_t ms);
const char *nango_version(void);
uint32_t nango_version_number(void);
int64_t nango_live_objects(void);
#ifdef __cplusplus
}
#endif
#endif
