//! The layer below HTTP: a TCP or TLS socket, and scripts that are played on it instead of an
//! answer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::server::TlsStream;

/// The maximum time to wait for a client.
const PATIENCE: Duration = Duration::from_secs(120);

/// Lets the client read what came before a reset, which discards data in flight.
const BEFORE_RESET: Duration = Duration::from_millis(20);

pub enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// One action on a socket.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Write(Bytes),
    /// Sends one byte at a time, with this pause before each.
    Drip(Bytes, Duration),
    /// Repeats the text, up to this many bytes in total.
    Flood(Bytes, u64),
    Wait(Duration),
    /// Waits until the client sends more or disconnects.
    AwaitRequest,
    /// Waits until the client disconnects, and discards what it sends.
    Linger,
    /// Resets the connection instead of closing it.
    Reset,
}

/// Played instead of an answer: a response that carries a script as an extension is never sent. The
/// connection is closed at the end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script(pub Vec<Step>);

impl Script {
    /// Plays the script. The client's reaction does not matter.
    pub async fn play(self, mut socket: Socket) {
        // After a reset, or once the client has disconnected, there is nothing to shut down.
        if self.run_steps(&mut socket).await.is_ok() {
            let _ = timeout(PATIENCE, socket.shutdown()).await;
        }
    }

    async fn run_steps(self, socket: &mut Socket) -> io::Result<()> {
        for step in self.0 {
            match step {
                Step::Write(bytes) => within(socket.write_all(&bytes)).await?,
                Step::Drip(bytes, pause) => {
                    for byte in bytes {
                        sleep(pause).await;
                        within(socket.write_all(&[byte])).await?;
                        within(socket.flush()).await?;
                    }
                }
                Step::Flood(text, mut left) => {
                    while left > 0 {
                        let part =
                            &text[..text.len().min(usize::try_from(left).unwrap_or(usize::MAX))];
                        within(socket.write_all(part)).await?;
                        left -= part.len() as u64;
                    }
                }
                Step::Wait(pause) => sleep(pause).await,
                Step::AwaitRequest => {
                    within(socket.read(&mut [0])).await?;
                }
                Step::Linger => {
                    let mut buffer = [0; 4096];
                    while within(socket.read(&mut buffer)).await? > 0 {}
                }
                Step::Reset => {
                    socket.flush().await?;
                    sleep(BEFORE_RESET).await;
                    socket.tcp().set_zero_linger()?;
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
            }
            socket.flush().await?;
        }
        Ok(())
    }
}

async fn within<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

impl Socket {
    fn tcp(&self) -> &TcpStream {
        match self {
            Socket::Plain(stream) => stream,
            Socket::Tls(stream) => stream.get_ref().0,
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Socket::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Socket::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Socket::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(stream) => Pin::new(stream).poll_flush(context),
            Socket::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Socket::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
