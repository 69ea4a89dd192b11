// Code generated from api/ by nango-gen. DO NOT EDIT.
// To change it, edit api/nango.openapi.yaml or api/library.toml and run `make generate`.

package main

import (
	"context"
	"encoding/json"

	nango "github.com/libnango/libnango/bindings/go"
)

// named calls an operation through its own method. It reports false if the types of the method
// cannot express the parameters.
func named(
	ctx context.Context, c *nango.Client, operation string, given map[string]json.RawMessage,
	options []nango.CallOption,
) (json.RawMessage, bool, error) {
	switch operation {
	case "create_connection":
		var params nango.CreateConnectionParams
		_, ok := split(given, &params)
		if !ok {
			return nil, false, nil
		}
		result, err := c.CreateConnection(ctx, params, options...)
		return rawOf(result, err)
	case "get_raw_token_response":
		ids, ok := split(given, nil, "provider_config_key", "connection_id")
		if !ok {
			return nil, false, nil
		}
		result, err := c.GetRawTokenResponse(ctx, ids[0], ids[1], options...)
		return secretJSONOf(result, err)
	case "get_metadata":
		ids, ok := split(given, nil, "provider_config_key", "connection_id")
		if !ok {
			return nil, false, nil
		}
		result, err := c.GetMetadata(ctx, ids[0], ids[1], options...)
		return jsonOf(result, err)
	case "patch_connection":
		var params nango.PatchConnectionParams
		ids, ok := split(given, &params, "provider_config_key", "connection_id")
		if !ok {
			return nil, false, nil
		}
		result, err := c.PatchConnection(ctx, ids[0], ids[1], params, options...)
		return rawOf(result, err)
	case "delete_connection":
		ids, ok := split(given, nil, "provider_config_key", "connection_id")
		if !ok {
			return nil, false, nil
		}
		result, err := c.DeleteConnection(ctx, ids[0], ids[1], options...)
		return rawOf(result, err)
	case "set_metadata":
		var params nango.SetMetadataParams
		_, ok := split(given, &params)
		if !ok {
			return nil, false, nil
		}
		result, err := c.SetMetadata(ctx, params, options...)
		return rawOf(result, err)
	case "update_metadata":
		var params nango.UpdateMetadataParams
		_, ok := split(given, &params)
		if !ok {
			return nil, false, nil
		}
		result, err := c.UpdateMetadata(ctx, params, options...)
		return rawOf(result, err)
	case "list_providers":
		var params nango.ListProvidersParams
		_, ok := split(given, &params)
		if !ok {
			return nil, false, nil
		}
		result, err := c.ListProviders(ctx, params, options...)
		return rawsOf(result, err)
	case "get_provider":
		ids, ok := split(given, nil, "provider")
		if !ok {
			return nil, false, nil
		}
		result, err := c.GetProvider(ctx, ids[0], options...)
		return rawOf(result, err)
	case "get_provider_templates":
		ids, ok := split(given, nil, "provider")
		if !ok {
			return nil, false, nil
		}
		result, err := c.GetProviderTemplates(ctx, ids[0], options...)
		return rawsOf(result, err)
	case "list_integrations":
		_, ok := split(given, nil)
		if !ok {
			return nil, false, nil
		}
		result, err := c.ListIntegrations(ctx, options...)
		return rawsOf(result, err)
	case "create_integration":
		var params nango.CreateIntegrationParams
		_, ok := split(given, &params)
		if !ok {
			return nil, false, nil
		}
		result, err := c.CreateIntegration(ctx, params, options...)
		return rawOf(result, err)
	case "create_quickstart_integration":
		var params nango.CreateQuickstartIntegrationParams
		_, ok := split(given, &params)
		if !ok {
			return nil, false, nil
		}
		result, err := c.CreateQuickstartIntegration(ctx, params, options...)
		return rawOf(result, err)
	case "get_integration":
		var params nango.GetIntegrationParams
		ids, ok := split(given, &params, "unique_key")
		if !ok {
			return nil, false, nil
		}
		result, err := c.GetIntegration(ctx, ids[0], params, options...)
		return rawOf(result, err)
	case "update_integration":
		var params nango.UpdateIntegrationParams
		ids, ok := split(given, &params, "unique_key")
		if !ok {
			return nil, false, nil
		}
		result, err := c.UpdateIntegration(ctx, ids[0], params, options...)
		return rawOf(result, err)
	case "delete_integration":
		ids, ok := split(given, nil, "unique_key")
		if !ok {
			return nil, false, nil
		}
		result, err := c.DeleteIntegration(ctx, ids[0], options...)
		return rawOf(result, err)
	case "create_connect_session":
		var params nango.CreateConnectSessionParams
		_, ok := split(given, &params)
		if !ok {
			return nil, false, nil
		}
		result, err := c.CreateConnectSession(ctx, params, options...)
		return rawOf(result, err)
	case "create_reconnect_session":
		var params nango.CreateReconnectSessionParams
		_, ok := split(given, &params)
		if !ok {
			return nil, false, nil
		}
		result, err := c.CreateReconnectSession(ctx, params, options...)
		return rawOf(result, err)
	case "get_connect_session":
		ids, ok := split(given, nil, "session_token")
		if !ok {
			return nil, false, nil
		}
		result, err := c.GetConnectSession(ctx, nango.NewSecret(ids[0]), options...)
		return rawOf(result, err)
	case "delete_connect_session":
		ids, ok := split(given, nil, "session_token")
		if !ok {
			return nil, false, nil
		}
		return json.RawMessage("null"), true, c.DeleteConnectSession(ctx, nango.NewSecret(ids[0]), options...)
	}
	return nil, false, nil
}
