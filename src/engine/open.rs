//! Opens connections to the server: names, proxies, TLS.
//!
//! reqwest does this work. A layer around its connector passes each new stream to the engine before
//! reqwest sends anything. The request that makes reqwest connect is never sent, and reqwest's pool
//! stays empty.

use std::cell::Cell;
use std::error::Error as StdError;
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Method, Url};
use rustls::ClientConfig;
use tokio::time::{Instant, sleep, timeout};
use tower_layer::Layer;
use tower_service::Service;

use super::connection::{Connection, Stream, TargetForm};
use super::failure::{is_unreachable, root_cause};
use super::proxy::ProxyRoute;
use super::{Failure, Settings, resolve};

/// How hyper-util 0.1 reports that a proxy answered CONNECT with 407. The type of the error is
/// private, so only its text identifies it.
const TUNNEL_407: &str = "proxy authorization required";

/// RFC 8305: how long to wait for a connection before also trying the next address.
const STAGGER: Duration = Duration::from_millis(250);

/// Opens a client's connections. It keeps none of them and belongs to no runtime.
pub(super) struct Opener {
    client: reqwest::Client,
    server: Url,
    /// The host name to look up. `None` if the host is an IP address.
    name: Option<String>,
    proxied: bool,
    target_form: TargetForm,
    connect_timeout: Duration,
}

impl Opener {
    pub(super) fn new(settings: &Settings, tls: ClientConfig) -> Result<Opener, Failure> {
        let server = settings.server.clone();
        let mut builder = reqwest::Client::builder()
            .http1_only()
            .pool_max_idle_per_host(0)
            .retry(reqwest::retry::never())
            .no_proxy()
            .dns_resolver(Arc::new(LookedUp))
            .connector_layer(HandOver)
            .tls_backend_preconfigured(tls);
        if let Some(proxy) = &settings.proxy {
            builder = builder
                .proxy(proxy.to_reqwest().map_err(|error| Failure::Internal(root_cause(&error)))?);
        }
        let client = builder.build().map_err(|error| Failure::Internal(root_cause(&error)))?;
        let target_form = match &settings.proxy {
            // A forwarding proxy needs the server's origin in the request. Through a tunnel, a
            // request looks the same as without a proxy.
            Some(proxy) if server.scheme() == "http" => {
                TargetForm::absolute(&server, proxy.authorization())
            }
            _ => TargetForm::Origin,
        };
        let host = settings
            .proxy
            .as_ref()
            .map_or_else(|| server.host_str(), ProxyRoute::host)
            .unwrap_or_default();
        let is_address = host.starts_with('[') || host.parse::<IpAddr>().is_ok();
        let name = (!is_address).then(|| host.to_owned());
        Ok(Opener {
            client,
            server,
            name,
            proxied: settings.proxy.is_some(),
            target_form,
            connect_timeout: settings.connect_timeout,
        })
    }

    /// Opens one connection. Nothing has been sent over it yet.
    pub(super) async fn open(&self) -> Result<Connection, Failure> {
        timeout(self.connect_timeout, self.opened()).await.unwrap_or(Err(Failure::ConnectTimeout))
    }

    async fn opened(&self) -> Result<Connection, Failure> {
        // Look up the name before reqwest starts, so that a burst of calls waiting for a name holds
        // no resources for connecting.
        let stream = match &self.name {
            None => self.connect(None).await,
            Some(name) => {
                let addresses = resolve::addresses(name).await.map_err(|lookup| {
                    if lookup.no_descriptors {
                        Failure::NoDescriptors(lookup.reason)
                    } else if self.proxied {
                        Failure::ProxyLookup(lookup)
                    } else {
                        Failure::Lookup(lookup)
                    }
                })?;
                match addresses.as_slice() {
                    [only] => self.connect(Some(*only)).await,
                    several => self.race(interleaved(several)).await,
                }
            }
        };
        Connection::new(stream?, self.target_form.clone()).await
    }

    /// Connects to all addresses, one after another without waiting long for each, until one
    /// connection is open (RFC 8305). Drops the others.
    async fn race(&self, addresses: Vec<IpAddr>) -> Result<Box<dyn Stream>, Failure> {
        // However many addresses are dead, the last one gets its turn.
        let turns = u32::try_from(addresses.len()).unwrap_or(u32::MAX).saturating_add(1);
        let stagger = STAGGER.min(self.connect_timeout / turns);
        let mut addresses = addresses.into_iter();
        type Attempt<'a> =
            Pin<Box<dyn Future<Output = Result<Box<dyn Stream>, Failure>> + Send + 'a>>;
        let mut attempts = Vec::<Attempt<'_>>::new();
        let mut failure = None;
        let mut due = pin!(sleep(Duration::ZERO));
        poll_fn(|context| {
            loop {
                let mut failed = false;
                let mut index = 0;
                while let Some(attempt) = attempts.get_mut(index) {
                    match attempt.as_mut().poll(context) {
                        Poll::Ready(Ok(stream)) => return Poll::Ready(Ok(stream)),
                        Poll::Ready(Err(error)) => {
                            failed = true;
                            failure = Some(more_telling(failure.take(), error));
                            drop(attempts.remove(index));
                        }
                        Poll::Pending => index += 1,
                    }
                }
                if !failed && !attempts.is_empty() && due.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                match addresses.next() {
                    Some(address) => {
                        attempts.push(Box::pin(self.connect(Some(address))));
                        due.as_mut().reset(Instant::now() + stagger);
                    }
                    None if attempts.is_empty() => {
                        let none = || Failure::Connect("the name has no address".to_owned());
                        return Poll::Ready(Err(failure.take().unwrap_or_else(none)));
                    }
                    None => return Poll::Pending,
                }
            }
        })
        .await
    }

    /// Opens a stream to one address. `None`: the URL itself holds the address.
    async fn connect(&self, address: Option<IpAddr>) -> Result<Box<dyn Stream>, Failure> {
        let opening = Opening { address, opened: Cell::new(None) };
        let request = reqwest::Request::new(Method::GET, self.server.clone());
        let connect = async {
            (
                self.client.execute(request).await.err(),
                OPENING.with(|opening| opening.opened.take()),
            )
        };
        match OPENING.scope(opening, connect).await {
            (_, Some(stream)) => Ok(stream),
            (Some(error), None) => Err(self.failure(&error.without_url())),
            (None, None) => Err(Failure::Internal(
                "connecting returned neither a stream nor an error".to_owned(),
            )),
        }
    }

    /// Why there is no connection.
    fn failure(&self, error: &reqwest::Error) -> Failure {
        match Failure::of(error) {
            Failure::Io(why) if self.proxied && why.contains(TUNNEL_407) => {
                Failure::ProxyCredentials
            }
            Failure::Io(why) if self.proxied && is_unreachable(error) => Failure::ConnectProxy(why),
            Failure::Io(why) if self.proxied => Failure::Proxy(why),
            Failure::Io(why) => Failure::Connect(why),
            failure => failure,
        }
    }
}

/// Alternates between the address families, beginning with the one that the system prefers.
fn interleaved(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let preferred = addresses.first().is_some_and(IpAddr::is_ipv6);
    let (mut first, mut second): (Vec<IpAddr>, Vec<IpAddr>) =
        addresses.iter().rev().copied().partition(|address| address.is_ipv6() == preferred);
    let mut interleaved = Vec::with_capacity(addresses.len());
    while !first.is_empty() || !second.is_empty() {
        interleaved.extend(first.pop());
        interleaved.extend(second.pop());
    }
    interleaved
}

/// Of the failures of two addresses, the one that says more. A host without IPv6 reports that an
/// IPv6 address is unreachable, which says nothing about the server.
fn more_telling(earlier: Option<Failure>, later: Failure) -> Failure {
    let rank = |failure: &Failure| match failure {
        Failure::Connect(why) | Failure::ConnectProxy(why) if why.contains("unreachable") => 0,
        Failure::Connect(_) | Failure::ConnectProxy(_) => 1,
        _ => 2,
    };
    match earlier {
        Some(earlier) if rank(&earlier) >= rank(&later) => earlier,
        _ => later,
    }
}

tokio::task_local! {
    /// The connection that the current task is opening.
    static OPENING: Opening;
}

struct Opening {
    address: Option<IpAddr>,
    opened: Cell<Option<Box<dyn Stream>>>,
}

/// Gives reqwest the address that was chosen beforehand.
struct LookedUp;

impl Resolve for LookedUp {
    fn resolve(&self, _name: Name) -> Resolving {
        // The URL supplies the port.
        let address =
            OPENING.try_with(|opening| opening.address.map(|address| SocketAddr::new(address, 0)));
        Box::pin(async move { Ok(Box::new(address?.into_iter()) as Addrs) })
    }
}

/// Puts the stream that a connector opens into [`OPENING`].
#[derive(Clone)]
struct HandOver;

impl<S> Layer<S> for HandOver {
    type Service = HandingOver<S>;

    fn layer(&self, connector: S) -> HandingOver<S> {
        HandingOver(connector)
    }
}

#[derive(Clone)]
struct HandingOver<S>(S);

impl<S, R> Service<R> for HandingOver<S>
where
    S: Service<R, Error = Box<dyn StdError + Send + Sync>>,
    S::Response: Read + Write + Send + Unpin + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let opening = self.0.call(target);
        Box::pin(async move {
            let opened: Box<dyn Stream> = Box::new(TokioIo::new(opening.await?));
            OPENING.try_with(|opening| opening.opened.set(Some(opened)))?;
            Err("handed over".into())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::super::proxy::Proxy;
    use super::super::tls;
    use super::*;

    /// A server whose backlog is full: it answers no SYN. Linux keeps one connection more than the
    /// backlog.
    fn dead(address: &str) -> (TcpListener, Vec<std::net::TcpStream>) {
        let listener = TcpListener::bind(address).unwrap();
        // SAFETY: lowers the backlog of a socket that this test owns.
        assert_eq!(unsafe { libc::listen(std::os::fd::AsRawFd::as_raw_fd(&listener), 0) }, 0);
        let at = listener.local_addr().unwrap();
        let fill = || std::net::TcpStream::connect_timeout(&at, Duration::from_millis(200)).ok();
        let taken: Vec<_> = std::iter::from_fn(fill).collect();
        (listener, taken)
    }

    fn opener(url: &str, connect_timeout: Duration) -> Opener {
        let settings = Settings {
            proxy: None,
            server: Url::parse(url).unwrap(),
            connect_timeout,
            idle_timeout: Duration::ZERO,
            idle_connections: 0,
            max_connections: 1,
            max_response_bytes: 0,
            spare_bytes: 0,
            tls: None,
        };
        Opener::new(&settings, tls::unused()).unwrap()
    }

    fn race(opener: &Opener, addresses: &[IpAddr]) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let raced = opener.race(interleaved(addresses));
            timeout(opener.connect_timeout, raced).await.unwrap_or(Err(Failure::ConnectTimeout))
        })?;
        Ok(())
    }

    #[test]
    fn dead_addresses_cost_a_moment() {
        let good = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = good.local_addr().unwrap().port();
        let url = format!("http://nango.test:{port}");
        let opener = opener(&url, Duration::from_secs(10));
        // 127.0.0.2 to 127.0.0.9 are this machine too.
        let dead: Vec<_> = (2..10).map(|host| dead(&format!("127.0.0.{host}:{port}"))).collect();
        let mut addresses: Vec<IpAddr> =
            dead.iter().map(|(listener, _)| listener.local_addr().unwrap().ip()).collect();
        for count in [1, 8] {
            let mut some = addresses[..count].to_vec();
            some.push(good.local_addr().unwrap().ip());
            let began = std::time::Instant::now();
            race(&opener, &some).unwrap_or_else(|failure| panic!("{count} dead: {failure:?}"));
            let took = began.elapsed();
            let staggers = STAGGER * count as u32;
            assert!(took >= staggers && took < staggers + Duration::from_secs(1), "{took:?}");
        }
        // A refused address costs nothing.
        let refusing: IpAddr = "127.0.0.20".parse().unwrap();
        let began = std::time::Instant::now();
        race(&opener, &[refusing, good.local_addr().unwrap().ip()]).unwrap();
        assert!(began.elapsed() < STAGGER, "{:?}", began.elapsed());
        assert!(matches!(race(&opener, &[refusing, refusing]), Err(Failure::Connect(_))));
        // All are dead, more of them than the time has staggers for.
        let opener = self::opener(&url, Duration::from_millis(600));
        addresses.push(good.local_addr().unwrap().ip());
        race(&opener, &addresses).unwrap();
        addresses.pop();
        assert!(matches!(race(&opener, &addresses), Err(Failure::ConnectTimeout)));
    }

    #[test]
    fn families_alternate() {
        let parse = |text: &str| text.parse::<IpAddr>().unwrap();
        let order = ["::1", "::2", "::3", "10.0.0.1", "10.0.0.2"].map(parse);
        let wanted = ["::1", "10.0.0.1", "::2", "10.0.0.2", "::3"].map(parse);
        assert_eq!(interleaved(&order), wanted);
        assert_eq!(interleaved(&wanted[3..4]), &wanted[3..4]);
    }

    /// Fails if an update of hyper-util changes [`TUNNEL_407`].
    #[test]
    fn a_407_to_connect_is_recognised() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let proxy = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let length = stream.read(&mut request).unwrap();
            stream.write_all(b"HTTP/1.1 407 Denied\r\nContent-Length: 0\r\n\r\n").unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        let server = Url::parse("https://127.0.0.1:1").unwrap();
        let settings = Settings {
            proxy: Proxy::parse(&url).unwrap().for_server(&server, true).unwrap(),
            server,
            connect_timeout: Duration::from_secs(20),
            idle_timeout: Duration::ZERO,
            idle_connections: 0,
            max_connections: 1,
            max_response_bytes: 0,
            spare_bytes: 0,
            tls: None,
        };
        let opener = Opener::new(&settings, tls::unused()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let opened = runtime.block_on(opener.open());
        assert!(proxy.join().unwrap().starts_with("CONNECT 127.0.0.1:1 "));
        assert!(matches!(opened, Err(Failure::ProxyCredentials)), "{:?}", opened.err());
    }
}
