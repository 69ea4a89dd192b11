package nango

// #include <nango.h>
import "C"

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Filter selects the connections of a list. The zero value selects all of them. A connection must
// match every field that is set.
type Filter struct {
	// ConnectionID is the connection's id. Connections of several integrations may have the same id.
	ConnectionID string
	// Search is part of the connection's id, or of its end user's name or email address. Case does not
	// matter.
	Search string
	// EndUserID is the id of the connection's end user.
	EndUserID string
	// EndUserOrganizationID is the id of the end user's organization.
	EndUserOrganizationID string
	// IntegrationIDs are unique keys of integrations. The connection belongs to one of them.
	IntegrationIDs []string
	// Tags are tags that the connection has. It may have others as well.
	Tags map[string]string
	// PageSize is how many connections are fetched at once. 0 means 1000; Nango allows at most 2000.
	PageSize uint32
	// Extra holds members that a newer library knows but this package does not.
	Extra map[string]json.RawMessage
}

// json writes the filter in the form that the library reads. It keeps bytes that are not UTF-8, so
// that the library rejects them; encoding/json would replace them, and so search for another user.
func (f Filter) json() string {
	var members []string
	add := func(name, value string) {
		if value != "" {
			members = append(members, quote(name)+":"+quote(value))
		}
	}
	add("connection_id", f.ConnectionID)
	add("search", f.Search)
	add("end_user_id", f.EndUserID)
	add("end_user_organization_id", f.EndUserOrganizationID)
	if len(f.IntegrationIDs) > 0 {
		var ids []string
		for _, id := range f.IntegrationIDs {
			ids = append(ids, quote(id))
		}
		members = append(members, `"integration_id":[`+strings.Join(ids, ",")+"]")
	}
	if len(f.Tags) > 0 {
		var tags []string
		for _, name := range slices.Sorted(maps.Keys(f.Tags)) {
			tags = append(tags, quote(name)+":"+quote(f.Tags[name]))
		}
		members = append(members, `"tags":{`+strings.Join(tags, ",")+"}")
	}
	for _, name := range slices.Sorted(maps.Keys(f.Extra)) {
		members = append(members, quote(name)+":"+string(f.Extra[name]))
	}
	if len(members) == 0 {
		return ""
	}
	return "{" + strings.Join(members, ",") + "}"
}

// quote writes a JSON string. It escapes only what must be escaped, and keeps a NUL, so that
// nulTerminated rejects it.
func quote(text string) string {
	var quoted strings.Builder
	quoted.WriteByte('"')
	for i := range len(text) {
		switch b := text[i]; {
		case b == '"' || b == '\\':
			quoted.WriteByte('\\')
			quoted.WriteByte(b)
		case 0 < b && b < 0x20:
			fmt.Fprintf(&quoted, `\u%04x`, b)
		default:
			quoted.WriteByte(b)
		}
	}
	quoted.WriteByte('"')
	return quoted.String()
}

// ListConnections walks through the environment's connections. They have no credentials, and Nango
// refreshes nothing. Each page is fetched when the loop reaches it. An error ends the loop, and is
// passed to it together with a nil connection.
//
// A connection that exists throughout the walk is listed once, even if others are added. If
// connections are deleted between two pages, the walk may miss others: Nango pages by offset, so
// that they move onto a page that was already read, and the client cannot detect this.
//
//	for connection, err := range client.ListConnections(ctx, nango.Filter{}) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(connection.ConnectionID)
//	}
func (c *Client) ListConnections(
	ctx context.Context,
	filter Filter,
	options ...CallOption,
) iter.Seq2[*ConnectionSummary, error] {
	return func(yield func(*ConnectionSummary, error) bool) {
		err := c.walk(ctx, filter, options, func(connection *ConnectionSummary) bool {
			return yield(connection, nil)
		})
		if err != nil {
			yield(nil, err)
		}
	}
}

func (c *Client) walk(
	ctx context.Context,
	filter Filter,
	options []CallOption,
	each func(*ConnectionSummary) bool,
) error {
	if err := c.check(ctx); err != nil {
		return err
	}
	settings, err := newCallSettings(options)
	if err != nil {
		return err
	}
	p, err := c.newPager(ctx, filter, settings)
	if err != nil {
		return err
	}
	defer C.nango_pager_free(p.pager)
	for {
		page, more, err := p.next(ctx)
		if err != nil || !more {
			return err
		}
		for _, element := range page {
			connection := new(ConnectionSummary)
			if err := connection.decode(element); err != nil {
				return err
			}
			if !each(connection) {
				return nil
			}
		}
	}
}

// pager is a walk through a list, page after page.
type pager struct {
	client   *Client
	settings callSettings
	pager    *C.nango_pager
}

func (c *Client) newPager(ctx context.Context, filter Filter, s callSettings) (*pager, error) {
	filterText, err := nulTerminated("the filter", filter.json())
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, contextError(ctx)
	}
	client, err := c.handle.acquire()
	if err != nil {
		return nil, err
	}
	defer c.handle.leave()
	// The options hold for every page. A later page may have less time than the first: then the
	// context ends its call.
	cOptions, err := s.options(s.limit(ctx, c.timeout).remaining())
	if err != nil {
		return nil, err
	}
	defer C.nango_call_options_free(cOptions)
	var cErr *C.nango_error
	made := C.nango_pager_new(
		client,
		constantForC("list_connections\x00"),
		bytesForC(filterText),
		C.uint32_t(filter.PageSize),
		cOptions,
		&cErr,
	)
	if made == nil {
		return nil, takeError(cErr)
	}
	return &pager{c, s, made}, nil
}

// next fetches the elements of the next page. It returns false if there are no more pages.
func (p *pager) next(ctx context.Context) ([]json.RawMessage, bool, error) {
	limit := p.settings.limit(ctx, p.client.timeout)
	done, err := p.client.wait(ctx, limit, func(
		queue *C.nango_queue, _ *C.nango_client, id C.uint64_t, err **C.nango_error,
	) C.uint64_t {
		return C.nango_queue_submit_page(queue, p.pager, id, err)
	})
	if err != nil || done.text == nil {
		return nil, false, err
	}
	page, err := objectOf(done.text)
	if err != nil {
		return nil, false, err
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(page["connections"], &elements); err != nil {
		return nil, false, unexpected()
	}
	return elements, true, nil
}
