//! One HTTP/1.1 connection and its consecutive exchanges. hyper implements the protocol.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use http_body_util::BodyExt;
use hyper::Uri;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::http::uri::PathAndQuery;
use hyper_util::rt::TokioIo;
use reqwest::Url;
use reqwest::header::{HeaderValue, PROXY_AUTHORIZATION};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::descriptors::{CLOSED, era};
use super::failure::root_cause;
use super::fork::Owned;
use super::message::Arriving;
use super::{Answer, Failure, Request};

/// Larger reads are not faster and cost memory on long lists.
const READ_AT_ONCE: usize = 64 * 1024;

/// After reading this much of a body, a call yields to other calls and checks the clock. Parsing a
/// head takes longer, so there the call yields after each read.
const READ_IN_A_TURN: usize = 256 * 1024;

/// The content type and the major version with which a TLS alert begins.
const TLS_ALERT: [u8; 2] = [21, 3];

/// The form of the request target.
#[derive(Clone)]
pub(super) enum TargetForm {
    /// Path and query only.
    Origin,
    /// With the server's origin in front, for a proxy that forwards the request.
    Absolute { server: Arc<str>, authorization: Option<HeaderValue> },
}

impl TargetForm {
    pub(super) fn absolute(server: &Url, authorization: Option<&HeaderValue>) -> TargetForm {
        TargetForm::Absolute {
            server: server.origin().ascii_serialization().into(),
            authorization: authorization.cloned(),
        }
    }
}

/// The body of a request. http_body_util's `Full` does the same, but a request with it is larger,
/// and hyper moves each request several times.
struct Outgoing(Option<Box<Bytes>>);

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(*bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

/// The byte stream under a connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// One connection. The caller drives it: hyper's connection future is polled together with each
/// step of an exchange, so nothing keeps running once an exchange is abandoned.
pub(super) struct Connection {
    sender: SendRequest<Outgoing>,
    driver: Driver,
    traffic: Arc<Traffic>,
    target_form: TargetForm,
    pub(super) last_used: Instant,
}

/// The future that reads and writes for a connection; `None` once the connection has ended.
struct Driver(Option<Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>>);

/// Why an exchange has no answer, and how far it got.
pub(super) struct Broken {
    pub(super) failure: Failure,
    /// Whether the server may have received part of the request.
    pub(super) sent: bool,
    /// Whether part of an answer arrived.
    pub(super) answered: bool,
}

impl Connection {
    /// Creates a connection over an open stream.
    pub(super) async fn new(
        stream: Box<dyn Stream>,
        target_form: TargetForm,
    ) -> Result<Connection, Failure> {
        let traffic = Arc::<Traffic>::default();
        let io = TokioIo::new(Watched {
            stream: Owned::new(era, stream),
            traffic: Arc::clone(&traffic),
        });
        let (sender, driver) = Builder::new()
            .max_buf_size(READ_AT_ONCE)
            .handshake(io)
            .await
            .map_err(|error| Failure::Internal(error.to_string()))?;
        Ok(Connection {
            sender,
            driver: Driver(Some(Box::pin(driver))),
            traffic,
            target_form,
            last_used: Instant::now(),
        })
    }

    /// Whether the connection has ended, for example because the answer closed it.
    pub(super) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Whether the server has closed the connection, as far as the runtime knows. If it has not,
    /// the context is woken when it does.
    pub(super) fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.traffic.reset();
        self.driver.poll(context);
        if self.is_closed() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Performs one exchange. If it fails or is abandoned, the connection must not be used again.
    pub(super) async fn exchange(
        &mut self,
        request: &Request,
        limit: u64,
        spare_bytes: usize,
    ) -> Result<Answer, Broken> {
        self.traffic.reset();
        self.converse(request, limit, spare_bytes).await.map_err(|failure| {
            let (sent, answered) = (
                self.traffic.written.load(Ordering::Relaxed),
                self.traffic.read.load(Ordering::Relaxed),
            );
            Broken { failure: if sent { failure } else { failure.unsent() }, sent, answered }
        })
    }

    async fn converse(
        &mut self,
        request: &Request,
        limit: u64,
        spare_bytes: usize,
    ) -> Result<Answer, Failure> {
        let Connection { sender, driver, target_form, traffic, .. } = self;
        let request = target_form.message(request)?;
        driver.during(sender.ready()).await.map_err(|error| Failure::of(&error))?;
        let response = driver.during(sender.send_request(request)).await.map_err(|error| {
            if !error.is_parse() {
                return Failure::of(&error);
            }
            // On a used connection, bytes that are not the head of an answer were sent before the
            // server saw the request.
            traffic.read.store(false, Ordering::Relaxed);
            if traffic.tls_alert.load(Ordering::Relaxed) {
                return Failure::SpeaksTls;
            }
            Failure::NotHttp(root_cause(&error))
        })?;
        traffic.in_body.store(true, Ordering::Relaxed);
        let (head, mut body) = response.into_parts();
        let mut arriving =
            Arriving::new(head.status, head.headers, body.size_hint().exact(), limit, spare_bytes)?;
        while let Some(frame) = driver.during(body.frame()).await {
            if let Ok(chunk) = frame.map_err(|error| Failure::of(&error))?.into_data() {
                arriving.add(&chunk)?;
                if arriving.is_cut() {
                    break;
                }
            }
        }
        Ok(arriving.answer)
    }
}

impl Driver {
    fn poll(&mut self, context: &mut Context<'_>) {
        // hyper reports the outcome to the future that waits for the answer.
        if self.0.as_mut().is_some_and(|driver| driver.as_mut().poll(context).is_ready()) {
            self.0 = None;
        }
    }

    /// Runs one step of an exchange while driving the connection.
    async fn during<F: Future>(&mut self, part: F) -> F::Output {
        let mut part = pin!(part);
        // Poll the step, then the driver, which serves the step's demand, then the step again.
        poll_fn(|context| match part.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(done),
            Poll::Pending => {
                self.poll(context);
                part.as_mut().poll(context)
            }
        })
        .await
    }
}

impl TargetForm {
    fn message(&self, request: &Request) -> Result<hyper::Request<Outgoing>, Failure> {
        let wrong = |error: &dyn std::error::Error| {
            Failure::Internal(format!("cannot build the request: {error}"))
        };
        let uri = match self {
            TargetForm::Origin => {
                PathAndQuery::from_maybe_shared(Bytes::copy_from_slice(request.target.as_bytes()))
                    .map(Uri::from)
            }
            TargetForm::Absolute { server, .. } => {
                Uri::try_from(format!("{server}{}", request.target))
            }
        };
        let mut made = hyper::Request::new(Outgoing(request.body.clone()));
        *made.method_mut() = request.method.clone();
        *made.uri_mut() = uri.map_err(|error| wrong(&error))?;
        *made.headers_mut() = request.headers();
        if let TargetForm::Absolute { authorization: Some(authorization), .. } = self {
            made.headers_mut().insert(PROXY_AUTHORIZATION, authorization.clone());
        }
        Ok(made)
    }
}

/// The traffic on a connection since its exchange began.
#[derive(Default)]
struct Traffic {
    written: AtomicBool,
    read: AtomicBool,
    /// Whether the first bytes read are those of a TLS alert.
    tls_alert: AtomicBool,
    /// The number of bytes read since the last pause.
    in_this_turn: AtomicUsize,
    /// Whether the head of the answer has been read.
    in_body: AtomicBool,
}

impl Traffic {
    fn reset(&self) {
        self.written.store(false, Ordering::Relaxed);
        self.read.store(false, Ordering::Relaxed);
        self.tls_alert.store(false, Ordering::Relaxed);
        self.in_this_turn.store(0, Ordering::Relaxed);
        self.in_body.store(false, Ordering::Relaxed);
    }
}

/// Records the traffic of a stream and forces pauses between reads.
struct Watched {
    stream: Owned<Box<dyn Stream>>,
    traffic: Arc<Traffic>,
}

impl Watched {
    /// Returns an error for a stream of another era: its descriptor may now be a file of the host
    /// program.
    fn stream(&mut self) -> io::Result<Pin<&mut Box<dyn Stream>>> {
        self.stream.get_mut().map(Pin::new).ok_or_else(|| io::Error::other(CLOSED))
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let in_this_turn = self.traffic.in_this_turn.load(Ordering::Relaxed);
        let most = if self.traffic.in_body.load(Ordering::Relaxed) { READ_IN_A_TURN } else { 1 };
        if in_this_turn >= most {
            self.traffic.in_this_turn.store(0, Ordering::Relaxed);
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let Poll::Ready(read) = self.stream()?.poll_read(context, buffer) else {
            self.traffic.in_this_turn.store(0, Ordering::Relaxed);
            return Poll::Pending;
        };
        let count = buffer.filled().len() - before;
        if count > 0 {
            self.traffic.in_this_turn.store(in_this_turn + count, Ordering::Relaxed);
            let first = !self.traffic.read.swap(true, Ordering::Relaxed);
            if first && buffer.filled()[before..].starts_with(&TLS_ALERT) {
                self.traffic.tls_alert.store(true, Ordering::Relaxed);
            }
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(self.stream()?.poll_write(context, bytes))?;
        self.traffic.written.store(true, Ordering::Relaxed);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(context)
    }
}
