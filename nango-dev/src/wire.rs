//! What is below HTTP: a socket of either kind, and scripts that are played on it in place of an
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

/// Nothing here waits longer for a client.
const PATIENCE: Duration = Duration::from_secs(120);

/// So that the client has read what came before a reset, which throws away what is still under way.
const BEFORE_RESET: Duration = Duration::from_millis(20);

pub enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// One thing to do on a socket.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Write(Bytes),
    /// One byte at a time, with this pause before each.
    Drip(Bytes, Duration),
    /// The same text again and again, so many bytes in all.
    Flood(Bytes, u64),
    Wait(Duration),
    /// Until the client sends something more, or leaves.
    AwaitRequest,
    /// Until the client leaves; what it sends is swallowed.
    Linger,
    /// Ends the connection with a reset instead of a close.
    Reset,
}

/// What is played in place of an answer; a response that carries one as an extension is never sent.
/// At its end the connection is closed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script(pub Vec<Step>);

impl Script {
    /// Plays it. How a client takes that is its own affair.
    pub async fn play(self, mut socket: Socket) {
        // After a reset, or when the client has left, there is nobody to say good-bye to.
        if self.steps(&mut socket).await.is_ok() {
            let _ = timeout(PATIENCE, socket.shutdown()).await;
        }
    }

    async fn steps(self, socket: &mut Socket) -> io::Result<()> {
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
