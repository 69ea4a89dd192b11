package nango

// #include <stdlib.h>
// #include <string.h>
// #include <nango.h>
//
// // A crossing from Go to C costs more than these functions do. Each function does in one crossing
// // what would otherwise take many.
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

// hub is the process's completion queue, and the calls that wait for it. All clients share it: the
// first call creates it, and the last client frees it. Go's scheduler parks the waiting calls, and
// Go's poller parks the one goroutine that takes completions, so that no call holds a thread.
type hub struct {
	queue *C.nango_queue
	// readable is a duplicate of the queue's file descriptor.
	readable *os.File
	// clients is guarded by hubs.
	clients int
	// cancels counts the cancellations in progress; the queue must not be freed before they finish.
	cancels sync.WaitGroup

	mutex   sync.Mutex
	last    uint64
	waiting map[uint64]chan completion
	// toCancel are the tickets of calls that no longer wait.
	toCancel []C.uint64_t
}

// completion is the result of a call. With neither text nor err, a walk has no more pages.
type completion struct {
	text []byte
	err  *Error
}

var hubs struct {
	sync.Mutex
	current *hub
}

// submitting bounds how many calls are submitted to the library at once. Submitting takes some
// microseconds and never blocks, but without the bound Go would start a thread for each of
// thousands of calls that start together.
var submitting = make(chan struct{}, 4)

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
		return nil, newError(CodeInternal, fmt.Sprintf("cannot wait on the queue's file descriptor: %v; "+
			"check the process's limit of file descriptors", err))
	}
	h := &hub{queue: queue, readable: readable, waiting: map[uint64]chan completion{}}
	go h.dispatch(conn)
	return h, nil
}

// pollable duplicates the queue's file descriptor for Go's poller. The library owns the original
// and closes it.
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
	// SetReadDeadline fails if the poller does not support the file.
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

// release is called once by each client that acquired the hub, when the client has no calls left.
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

// dispatch delivers completions until the hub is released.
func (h *hub) dispatch(conn syscall.RawConn) {
	batch := newBatch()
	// Go's poller is edge-triggered, so drain the queue each time.
	_ = conn.Read(func(uintptr) bool {
		for h.deliver(&batch) == batchSize {
		}
		return false
	})
	C.free(unsafe.Pointer(&batch.taken[0]))
	h.cancels.Wait()
	C.nango_queue_free(h.queue)
}

// batch holds completions, and the channels of the calls that wait for them.
type batch struct {
	// taken is in C's memory, because cgo checks every pointer in Go's memory on each call.
	taken   []C.nango_completion
	lengths [batchSize]C.size_t
	waiting [batchSize]chan completion
}

func newBatch() batch {
	taken := (*C.nango_completion)(C.calloc(batchSize, C.sizeof_nango_completion))
	return batch{taken: unsafe.Slice(taken, batchSize)}
}

// deliver passes a batch of completions to the calls that wait for them, and returns how many there
// were. It frees completions that no call waits for with the rest.
func (h *hub) deliver(b *batch) C.size_t {
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
			b.waiting[i] <- copyCompletion(&b.taken[i], b.lengths[i])
			b.waiting[i] = nil
		}
	}
	C.nango_go_free(&b.taken[0], count)
	return count
}

func copyCompletion(from *C.nango_completion, length C.size_t) completion {
	switch {
	case from.json != nil:
		return completion{text: bytes.Clone(unsafe.Slice((*byte)(unsafe.Pointer(from.json)), length))}
	case from.error != nil:
		return completion{err: copyError(from.error)}
	}
	return completion{}
}

// register returns a new id, and the channel that receives the completion with this id.
func (h *hub) register() (id uint64, result chan completion) {
	result = make(chan completion, 1)
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.last++
	h.waiting[h.last] = result
	return h.last, result
}

// unregister reports whether the completion has not arrived yet. If so, the hub drops it when it
// arrives.
func (h *hub) unregister(id uint64) bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	_, waiting := h.waiting[id]
	delete(h.waiting, id)
	return waiting
}

// cancel cancels a ticket in the background, so that the caller need not wait.
func (h *hub) cancel(ticket C.uint64_t) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.toCancel = append(h.toCancel, ticket)
	if len(h.toCancel) == 1 {
		h.cancels.Add(1)
		go h.cancelPending()
	}
}

func (h *hub) cancelPending() {
	defer h.cancels.Done()
	h.mutex.Lock()
	tickets := h.toCancel
	h.toCancel = nil
	h.mutex.Unlock()
	C.nango_go_cancel(h.queue, &tickets[0], C.size_t(len(tickets)))
}

// request is a call to submit to the library.
type request struct {
	// operation ends with a NUL.
	operation string
	// params is the JSON object of the operation's parameters, or empty.
	params string
}

// options returns the settings as the library's call options, for functions that require these.
func (s callSettings) options(timeout time.Duration) (*C.nango_call_options, error) {
	headers, err := s.packedHeaders()
	if err != nil {
		return nil, err
	}
	return C.nango_go_options(
		milliseconds(timeout),
		C.bool(s.forceRefresh),
		C.bool(s.includeRefreshToken),
		bytesForC(headers),
		C.size_t(len(s.headers)),
	), nil
}

// submit puts a call, or the next page of a walk, into the queue. It returns a ticket, or 0 if it
// fails.
type submit func(
	queue *C.nango_queue, client *C.nango_client, id C.uint64_t, err **C.nango_error,
) C.uint64_t

// call runs one operation.
func (c *Client) call(ctx context.Context, r request, options []CallOption) ([]byte, error) {
	if err := c.check(ctx); err != nil {
		return nil, err
	}
	settings, err := newCallSettings(options)
	if err != nil {
		return nil, err
	}
	params, err := nulTerminated("a parameter", r.params)
	if err != nil {
		return nil, err
	}
	headers, err := settings.packedHeaders()
	if err != nil {
		return nil, err
	}
	limit := settings.limit(ctx, c.timeout)
	done, err := c.wait(ctx, limit, func(
		queue *C.nango_queue, client *C.nango_client, id C.uint64_t, err **C.nango_error,
	) C.uint64_t {
		return C.nango_go_submit(queue, client, constantForC(r.operation), bytesForC(params),
			milliseconds(limit.remaining()), C.bool(settings.forceRefresh),
			C.bool(settings.includeRefreshToken), bytesForC(headers),
			C.size_t(len(settings.headers)), id, err)
	})
	return done.text, err
}

// check rejects a nil context, and a client that was not created.
func (c *Client) check(ctx context.Context) error {
	if c.lifetime() == nil {
		return notCreatedError()
	}
	return checkContext(ctx)
}

// wait submits a call, and returns when the call completes, the context ends or the client is
// closed, whichever comes first.
func (c *Client) wait(ctx context.Context, l limit, submit submit) (completion, error) {
	if ctx.Err() != nil {
		return completion{}, contextError(ctx)
	}
	handle := c.handle
	if err := handle.enter(); err != nil {
		return completion{}, err
	}
	defer handle.leave()
	done, err := handle.wait(ctx, submit)
	handle.signalEvents()
	// Keep the garbage collector from closing the client during the call.
	runtime.KeepAlive(c)
	switch {
	case err != nil:
		return completion{}, err
	case done.err != nil:
		return completion{}, l.classify(ctx, done.err)
	}
	return done, nil
}

func (h *handle) wait(ctx context.Context, submit submit) (completion, error) {
	select {
	case submitting <- struct{}{}:
	case <-ctx.Done():
		return completion{}, contextError(ctx)
	case <-h.ended:
		return completion{}, closedError()
	}
	id, result := h.hub.register()
	var cErr *C.nango_error
	ticket := submit(h.hub.queue, h.client, C.uint64_t(id), &cErr)
	<-submitting
	if ticket == 0 {
		h.hub.unregister(id)
		return completion{}, takeError(cErr)
	}
	var err error
	select {
	case done := <-result:
		return done, nil
	case <-ctx.Done():
		err = contextError(ctx)
	case <-h.ended:
		err = closedError()
	}
	if h.hub.unregister(id) {
		h.hub.cancel(ticket)
		return completion{}, err
	}
	// The call completed at the same moment. Return its result, so that a new token is not lost.
	return <-result, nil
}
