//! Sockets: HTTP/1.1 over TCP or TLS, with the limits that the real server has.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{any, get, post};
use hyper::body::{Body, Frame};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::App;
use crate::clock::millis_z;
use crate::{api, dev, vectors};

/// What the `Keep-Alive` header promises.
const IDLE: Duration = Duration::from_secs(61);
/// Node's limit for the head of a request.
const MAX_HEAD: usize = 16 * 1024;

pub fn router(app: &Arc<App>) -> Router {
    Router::new()
        .route("/_dev/clock", get(dev::clock).post(dev::move_clock))
        .route("/_dev/log", get(dev::log).delete(dev::clear_log))
        .route("/_dev/state", get(dev::state))
        .route("/_dev/provider", post(dev::set_behaviour))
        .route("/_vectors/{*rest}", any(vectors::handle))
        .route("/provider/token", post(dev::provider_token))
        .route("/provider/me", get(dev::provider_me))
        .fallback(api::handle)
        .layer(middleware::from_fn_with_state(app.clone(), keep_log))
        .with_state(app.clone())
}

/// Every request is written down, but for those that ask for what was written.
async fn keep_log(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/_dev/") {
        return next.run(request).await;
    }
    let pending = app.log.begin(&request, millis_z(app.clock.now()));
    let response = next.run(request).await;
    pending.answered(response.status().as_u16());
    response
}

/// Takes connections for as long as the process lives.
pub async fn serve(listener: TcpListener, router: Router, tls: Option<TlsAcceptor>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: others must close theirs first.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (router, tls) = (router.clone(), tls.clone());
        tokio::spawn(async move {
            match tls {
                None => talk(stream, router).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        talk(stream, router).await;
                    }
                }
            }
        });
    }
}

async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // How a client leaves is its own affair.
    let _ = connection.await;
}

/// A body that does not tell its length, so that a wrong `content-length` can be sent with it.
pub struct Unsized(Option<Bytes>);

impl Unsized {
    pub fn new(body: Bytes) -> Self {
        Unsized(Some(body))
    }
}

impl Body for Unsized {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|body| Ok(Frame::data(body))))
    }
}
