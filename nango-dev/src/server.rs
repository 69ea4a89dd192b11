//! Sockets: HTTP/1.1 over TCP or TLS, with the real server's limits.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{any, get, post};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::App;
use crate::clock::millis_z;
use crate::wire::{Script, Socket};
use crate::{api, dev, faults, vectors};

/// The timeout that the `Keep-Alive` header announces.
const IDLE: Duration = Duration::from_secs(61);
/// Node's limit for the head of a request.
const MAX_HEAD: usize = 16 * 1024;

pub fn router(app: &Arc<App>) -> Router {
    Router::new()
        .route("/_dev/clock", get(dev::clock).post(dev::move_clock))
        .route("/_dev/faults", get(dev::faults).post(dev::order_fault).delete(dev::clear_faults))
        .route("/_dev/log", get(dev::log).delete(dev::clear_log))
        .route("/_dev/state", get(dev::state))
        .route("/_dev/provider", post(dev::set_behaviour))
        .route("/_dev/connect", get(dev::open_link).post(dev::connect))
        .route("/_dev/collapse", post(dev::collapse))
        .route("/_vectors/{*rest}", any(vectors::handle))
        .route("/provider/token", post(dev::provider_token))
        .route("/provider/me", get(dev::provider_me))
        .fallback(api::handle)
        .layer(middleware::from_fn_with_state(app.clone(), apply_fault))
        .layer(middleware::from_fn_with_state(app.clone(), keep_log))
        .with_state(app.clone())
}

/// Logs every request except those that read the log.
async fn keep_log(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/_dev/") {
        return next.run(request).await;
    }
    let pending = app.log.begin(&request, millis_z(app.clock.now()));
    let response = next.run(request).await;
    // A script is not an answer.
    if response.extensions().get::<Script>().is_none() {
        pending.answered(response.status().as_u16());
    }
    response
}

async fn apply_fault(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/_dev/") {
        return next.run(request).await;
    }
    faults::apply(&app.faults, request, next).await
}

/// Accepts connections for the lifetime of the process.
pub async fn serve(listener: TcpListener, router: Router, tls: Option<TlsAcceptor>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Most likely there are no free file descriptors: wait for other connections to close.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (router, tls) = (router.clone(), tls.clone());
        tokio::spawn(async move {
            match tls {
                None => talk(Socket::Plain(stream), router).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        talk(Socket::Tls(Box::new(stream)), router).await;
                    }
                }
            }
        });
    }
}

/// Accepts connections and never sends anything.
pub async fn never_answer(listener: TcpListener) {
    accept_and_discard(listener, usize::MAX).await;
}

/// Accepts connections and closes them after their first bytes, in the middle of a handshake.
pub async fn close_on_hello(listener: TcpListener) {
    accept_and_discard(listener, 1).await;
}

async fn accept_and_discard(listener: TcpListener, reads: usize) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(discard_input(stream, reads))),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn discard_input(mut stream: TcpStream, reads: usize) {
    let mut buffer = [0; 16 * 1024];
    for _ in 0..reads {
        if stream.read(&mut buffer).await.unwrap_or(0) == 0 {
            break;
        }
    }
}

/// The error that makes hyper release a connection so that a script can be played on it.
#[derive(Debug)]
struct LetGo;

impl std::fmt::Display for LetGo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is played on")
    }
}

impl std::error::Error for LetGo {}

async fn talk(socket: Socket, router: Router) {
    let script = Arc::new(Mutex::new(None));
    let routes = TowerToHyperService::new(router);
    let service = service_fn(|request| {
        let (answer, script) = (routes.call(request), Arc::clone(&script));
        Box::pin(async move {
            let mut response = answer.await.unwrap_or_else(|never| match never {});
            match response.extensions_mut().remove::<Script>() {
                None => Ok(response),
                Some(found) => {
                    *script.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
                    Err(LetGo)
                }
            }
        })
    });
    let mut connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(socket), service);
    // How a client disconnects does not matter.
    let _ = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let socket = connection.into_parts().io.into_inner();
    let script = script.lock().unwrap_or_else(PoisonError::into_inner).take();
    // Without a script it is closed, as after any conversation.
    script.unwrap_or_default().play(socket).await;
}
