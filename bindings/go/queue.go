package nango

// #include <stdlib.h>
// #include <string.h>
// #include <nango.h>
//
// // One crossing from Go to C costs more than what happens there: each of these does in one what
// // would take many.
//
// #cgo noescape nango_go_submit
// #cgo nocallback nango_go_submit
// #cgo noescape nango_go_next
// #cgo nocallback nango_go_next
//
// static nango_call_options *nango_go_options(uint32_t timeout_ms, bool force_refresh,
//                                             bool include_refresh_token, const char *headers,
//                                             size_t count) {
//     nango_call_options *options = nango_call_options_new();
//     nango_call_options_set_timeout_ms(options, timeout_ms);
//     nango_call_options_set_force_refresh(options, force_refresh);
//     nango_call_options_set_include_refresh_token(options, include_refresh_token);
//     for (size_t i = 0; i < count; i++) {
//         const char *value = headers + strlen(headers) + 1;
//         nango_call_options_set_header(options, headers, value);
//         headers = value + strlen(value) + 1;
//     }
//     return options;
// }
//
// static uint64_t nango_go_submit(const nango_queue *queue, const nango_client *client,
//                                 const char *operation, const char *params, uint32_t timeout_ms,
//                                 bool force_refresh, bool include_refresh_token,
//                                 const char *headers, size_t count, uint64_t user_data,
//                                 nango_error **error_out) {
//     nango_call_options *options =
//         nango_go_options(timeout_ms, force_refresh, include_refresh_token, headers, count);
//     uint64_t ticket =
//         nango_queue_submit(queue, client, operation, params, options, user_data, error_out);
//     nango_call_options_free(options);
//     return ticket;
// }
//
// static size_t nango_go_next(const nango_queue *queue, nango_completion *out, size_t *lengths,
//                             size_t max) {
//     size_t count = nango_queue_next(queue, out, max, 0);
//     for (size_t i = 0; i < count; i++)
//         lengths[i] = out[i].json != NULL ? strlen(out[i].json) : 0;
//     return count;
// }
//
// static void nango_go_free(const nango_completion *taken, size_t count) {
//     for (size_t i = 0; i < count; i++) {
//         nango_free_string(taken[i].json);
//         nango_error_free(taken[i].error);
//     }
// }
//
// static void nango_go_cancel(const nango_queue *queue, const uint64_t *tickets, size_t count) {
//     for (size_t i = 0; i < count; i++)
//         nango_queue_cancel(queue, tickets[i]);
// }
import "C"

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// hub is the library's queue in this process, and who waits for what it completes. All clients
// share it: the first call makes it, and it goes with the last client. Whoever waits is parked by
// Go's scheduler, and so is the one goroutine that takes completions, by Go's poller: no call holds
// a thread.
type hub struct {
	queue *C.nango_queue
	// readable is a descriptor of our own for what the library's descriptor stands for.
	readable *os.File
	// clients is guarded by hubs.
	clients int
	// cancels is the cancelling that is under way, for which the queue must live.
	cancels sync.WaitGroup

	mutex   sync.Mutex
	last    uint64
	waiting map[uint64]chan completion
	// unwanted are the tickets that nobody waits for any more.
	unwanted []C.uint64_t
}

// completion is what came of a call. Neither text nor error: a walk through pages has come to its
// end.
type completion struct {
	text []byte
	err  *Error
}

var hubs struct {
	sync.Mutex
	current *hub
}

// entering bounds how many calls enter the library at once. That takes some microseconds and waits
// for nothing, but Go would start a thread for each of thousands that begin together.
var entering = make(chan struct{}, 4)

const batchSize = 64

func acquireHub() (*hub, error) {
	hubs.Lock()
	defer hubs.Unlock()
	if hubs.current == nil {
		h, err := newHub()
		if err != nil {
			return nil, err
		}
		hubs.current = h
	}
	hubs.current.clients++
	return hubs.current, nil
}

func newHub() (*hub, error) {
	var cErr *C.nango_error
	queue := C.nango_queue_new(&cErr)
	if queue == nil {
		return nil, takeError(cErr)
	}
	readable, conn, err := pollable(int(C.nango_queue_fd(queue)))
	if err != nil {
		C.nango_queue_free(queue)
		return nil, newError(CodeInternal, fmt.Sprintf("the queue's descriptor cannot be waited for: %v", err))
	}
	h := &hub{queue: queue, readable: readable, waiting: map[uint64]chan completion{}}
	go h.dispatch(conn)
	return h, nil
}

// pollable duplicates the library's descriptor, which is not ours to close, for Go's poller.
func pollable(fd int) (*os.File, syscall.RawConn, error) {
	syscall.ForkLock.RLock()
	own, err := syscall.Dup(fd)
	if err == nil {
		syscall.CloseOnExec(own)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, os.NewSyscallError("dup", err)
	}
	file := os.NewFile(uintptr(own), "libnango's queue")
	// It fails for a file that the poller did not take.
	err = file.SetReadDeadline(time.Time{})
	conn, connErr := file.SyscallConn()
	if err == nil {
		err = connErr
	}
	if err != nil {
		_ = file.Close()
		return nil, nil, err
	}
	return file, conn, nil
}

// release is for each client that has acquired the hub and has no calls any more.
func (h *hub) release() {
	hubs.Lock()
	h.clients--
	unused := h.clients == 0
	if unused {
		hubs.current = nil
	}
	hubs.Unlock()
	if unused {
		_ = h.readable.Close()
	}
}

// dispatch hands out what the queue completes, until the hub is released.
func (h *hub) dispatch(conn syscall.RawConn) {
	batch := newBatch()
	// Go's poller tells of changes, not of states: each time, everything is taken.
	_ = conn.Read(func(uintptr) bool {
		for h.handOut(&batch) == batchSize {
		}
		return false
	})
	C.free(unsafe.Pointer(&batch.taken[0]))
	h.cancels.Wait()
	C.nango_queue_free(h.queue)
}

// batch is what the queue completed, and for whom.
type batch struct {
	// taken is in C's memory: of Go's own, cgo looks at every pointer each time.
	taken   []C.nango_completion
	lengths [batchSize]C.size_t
	waiting [batchSize]chan completion
}

func newBatch() batch {
	return batch{taken: unsafe.Slice((*C.nango_completion)(C.calloc(batchSize, C.sizeof_nango_completion)), batchSize)}
}

// handOut returns how many there were. What nobody waits for is freed with the rest.
func (h *hub) handOut(b *batch) C.size_t {
	count := C.nango_go_next(h.queue, &b.taken[0], &b.lengths[0], batchSize)
	if count == 0 {
		return 0
	}
	h.mutex.Lock()
	for i := range count {
		id := uint64(b.taken[i].user_data)
		b.waiting[i] = h.waiting[id]
		delete(h.waiting, id)
	}
	h.mutex.Unlock()
	for i := range count {
		if b.waiting[i] != nil {
			b.waiting[i] <- copied(&b.taken[i], b.lengths[i])
			b.waiting[i] = nil
		}
	}
	C.nango_go_free(&b.taken[0], count)
	return count
}

func copied(from *C.nango_completion, length C.size_t) completion {
	switch {
	case from.json != nil:
		return completion{text: bytes.Clone(unsafe.Slice((*byte)(unsafe.Pointer(from.json)), length))}
	case from.error != nil:
		return completion{err: copyError(from.error)}
	}
	return completion{}
}

// expect returns where the completion with this id will arrive.
func (h *hub) expect() (id uint64, arrives chan completion) {
	arrives = make(chan completion, 1)
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.last++
	h.waiting[h.last] = arrives
	return h.last, arrives
}

// forget reports whether the completion is still to come; nobody will get it then.
func (h *hub) forget(id uint64) bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	_, coming := h.waiting[id]
	delete(h.waiting, id)
	return coming
}

// cancel cancels a ticket soon: nobody needs to wait for that.
func (h *hub) cancel(ticket C.uint64_t) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.unwanted = append(h.unwanted, ticket)
	if len(h.unwanted) == 1 {
		h.cancels.Add(1)
		go h.cancelUnwanted()
	}
}

func (h *hub) cancelUnwanted() {
	defer h.cancels.Done()
	h.mutex.Lock()
	tickets := h.unwanted
	h.unwanted = nil
	h.mutex.Unlock()
	C.nango_go_cancel(h.queue, &tickets[0], C.size_t(len(tickets)))
}

// request is a call on its way to the library.
type request struct {
	// operation ends with a NUL.
	operation string
	// params is the object of the operation's parameters, or empty.
	params   string
	settings callSettings
}

// options are the library's, for what cannot be told in passing.
func (s callSettings) options(timeout time.Duration) (*C.nango_call_options, error) {
	headers, err := s.packedHeaders()
	if err != nil {
		return nil, err
	}
	return C.nango_go_options(milliseconds(timeout), C.bool(s.forceRefresh), C.bool(s.includeRefreshToken),
		bytesForC(headers), C.size_t(len(s.headers))), nil
}

// begin is what puts a call, or the next page of a walk, into the queue.
type begin func(queue *C.nango_queue, client *C.nango_client, id C.uint64_t, err **C.nango_error) (ticket C.uint64_t)

// call makes a call of one operation.
func (c *Client) call(ctx context.Context, r request) ([]byte, error) {
	params, err := nulTerminated("a parameter", r.params)
	if err != nil {
		return nil, err
	}
	headers, err := r.settings.packedHeaders()
	if err != nil {
		return nil, err
	}
	limit := r.settings.limit(ctx, c.timeout)
	done, err := c.wait(ctx, limit, func(queue *C.nango_queue, client *C.nango_client, id C.uint64_t, err **C.nango_error) C.uint64_t {
		return C.nango_go_submit(queue, client, constantForC(r.operation), bytesForC(params), milliseconds(limit.left()),
			C.bool(r.settings.forceRefresh), C.bool(r.settings.includeRefreshToken), bytesForC(headers), C.size_t(len(r.settings.headers)), id, err)
	})
	return done.text, err
}

// wait begins something, and returns when it is done, the context ends or the client is closed,
// whichever comes first.
func (c *Client) wait(ctx context.Context, l limit, begin begin) (completion, error) {
	if ctx.Err() != nil {
		return completion{}, contextError(ctx)
	}
	handle := c.handle
	if err := handle.enter(); err != nil {
		return completion{}, err
	}
	defer handle.leave()
	done, err := handle.wait(ctx, begin)
	handle.stir()
	// Until here, so that the client is not taken for a forgotten one.
	runtime.KeepAlive(c)
	switch {
	case err != nil:
		return completion{}, err
	case done.err != nil:
		return completion{}, l.judge(ctx, done.err)
	}
	return done, nil
}

func (h *handle) wait(ctx context.Context, begin begin) (completion, error) {
	select {
	case entering <- struct{}{}:
	case <-ctx.Done():
		return completion{}, contextError(ctx)
	case <-h.ended:
		return completion{}, closedError()
	}
	id, arrives := h.hub.expect()
	var cErr *C.nango_error
	ticket := begin(h.hub.queue, h.client, C.uint64_t(id), &cErr)
	<-entering
	if ticket == 0 {
		h.hub.forget(id)
		return completion{}, takeError(cErr)
	}
	var err error
	select {
	case done := <-arrives:
		return done, nil
	case <-ctx.Done():
		err = contextError(ctx)
	case <-h.ended:
		err = closedError()
	}
	if h.hub.forget(id) {
		h.hub.cancel(ticket)
		return completion{}, err
	}
	// It was done at the same moment: what it brought is not lost, such as a token that was just made.
	return <-arrives, nil
}
