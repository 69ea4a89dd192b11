//! Starts the server from the arguments, and runs a command against it.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use rustix::process::{Pid, Signal, kill_process};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::args::{self, Args};
use crate::seed::Seed;
use crate::vectors::Vectors;
use crate::{App, auth, server, tls};

#[derive(Debug)]
pub enum Failure {
    /// The user's files or arguments are not valid.
    Usage(String),
    /// An operating system call failed.
    System(String),
}

/// The number of nango-devs that this one is nested in.
const DEPTH: &str = "NANGO_DEV_DEPTH";
const MAX_DEPTH: u32 = 1;

/// Limits the nesting, so that a nango-dev that runs itself does not exhaust the machine.
fn depth() -> Result<u32, Failure> {
    let depth = std::env::var(DEPTH).ok().and_then(|depth| depth.parse().ok()).unwrap_or(0);
    if depth > MAX_DEPTH {
        return Err(Failure::Usage(format!(
            "cannot start: nango-dev is already nested too deeply ({DEPTH}={depth})"
        )));
    }
    Ok(depth)
}

pub async fn run(args: Args) -> Result<u8, Failure> {
    let depth = depth()?;
    let system = |error: std::io::Error| Failure::System(error.to_string());
    // Install the signal handlers first, so that no signal is missed.
    let mut interrupt = signal(SignalKind::interrupt()).map_err(system)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(system)?;

    let seed = match &args.connections {
        Some(path) => Seed::read(path),
        None => Seed::built_in(),
    };
    let seed = seed.map_err(Failure::Usage)?;
    let vectors = args.vectors.as_deref().map(Vectors::read).transpose().map_err(Failure::Usage)?;

    let listener = listen(&args.host, args.port).await?;
    let address = listener.local_addr().map_err(system)?;
    let url = format!("http://{}", reachable(address));
    let app = App::new(
        url.clone(),
        args.token_ttl,
        args.refresh_margin,
        args.rate_limit,
        vectors.unwrap_or_default(),
    );
    let app = Arc::new(app);
    seed.load_into(&app).map_err(Failure::Usage)?;

    let mut variables = vec![
        ("NANGO_HOST", url.clone()),
        ("NANGO_SECRET_KEY", auth::FULL.to_owned()),
        ("NANGO_DEV_PROVIDER_URL", format!("{url}/provider/me")),
        ("NANGO_DEV_VECTORS_URL", format!("{url}/_vectors")),
        ("NANGO_DEV_KEY_READ", auth::READ.to_owned()),
        ("NANGO_DEV_KEY_NONE", auth::NONE.to_owned()),
    ];
    let router = server::router(&app);
    let mut tls = None;
    if let Some(port) = args.tls_port {
        let made = tls::make().map_err(|error| Failure::System(error.to_string()))?;
        let listener = listen(&args.host, port).await?;
        let port = listener.local_addr().map_err(system)?.port();
        variables.push(("NANGO_DEV_TLS_HOST", format!("https://localhost:{port}")));
        tokio::spawn(server::serve(listener, router.clone(), Some(made.acceptor.clone())));
        let bad = [
            ("NANGO_DEV_TLS_EXPIRED_HOST", &made.expired),
            ("NANGO_DEV_TLS_WRONG_NAME_HOST", &made.wrong_name),
            ("NANGO_DEV_TLS_UNKNOWN_CA_HOST", &made.unknown_ca),
            ("NANGO_DEV_TLS_CLIENT_CERT_HOST", &made.client_cert),
        ];
        for (name, acceptor) in bad {
            let (listener, port) = any_port(&args.host).await?;
            variables.push((name, format!("https://localhost:{port}")));
            tokio::spawn(server::serve(listener, router.clone(), Some(acceptor.clone())));
        }
        let (listener, port) = any_port(&args.host).await?;
        variables.push(("NANGO_DEV_TLS_CUT_OFF_HOST", format!("https://localhost:{port}")));
        tokio::spawn(server::close_on_hello(listener));
        let (listener, port) = any_port(&args.host).await?;
        variables.push(("NANGO_DEV_TLS_SILENT_HOST", format!("https://localhost:{port}")));
        tokio::spawn(server::never_answer(listener));
        variables.push(("NANGO_DEV_CLIENT_CERT_FILE", made.client_cert_file.display().to_string()));
        variables.push(("NANGO_DEV_CA_FILE", made.ca_file.display().to_string()));
        // Keep it until the end, because dropping it deletes its file.
        tls = Some(made);
    }
    tokio::spawn(server::serve(listener, router, None));

    if !address.ip().is_loopback() {
        eprintln!(
            "nango-dev: warning: other machines can reach {address}, and its keys are public"
        );
    }
    if args.print_env {
        let lines: String =
            variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        let mut stdout = std::io::stdout();
        let lines = lines + READY + "\n";
        stdout.write_all(lines.as_bytes()).and_then(|()| stdout.flush()).map_err(system)?;
    }

    let mut stdin = std::pin::pin!(end_of_stdin(args.exit_with_stdin));
    let code = match args.command {
        None => {
            if !args.print_env {
                eprintln!("nango-dev: listening on {url} (--print-env prints what a client needs)");
            }
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                () = stdin => {}
            }
            0
        }
        Some(command) => {
            variables.push((DEPTH, (depth + 1).to_string()));
            let mut child = start(command, variables, args.exit_with_stdin)?;
            let mut is_open = true;
            let status = loop {
                tokio::select! {
                    () = &mut stdin, if is_open => {
                        is_open = false;
                        forward_signal(&child, Signal::TERM);
                    }
                    status = child.wait() => break status.map_err(system)?,
                    _ = interrupt.recv() => forward_signal(&child, Signal::INT),
                    _ = terminate.recv() => forward_signal(&child, Signal::TERM),
                }
            };
            exit_code(status)
        }
    };
    drop(tls);
    Ok(code)
}

/// The last line of `--print-env`.
const READY: &str = "NANGO_DEV_READY=1";

/// Completes when standard input ends, if that is to stop the server.
async fn end_of_stdin(wanted: bool) {
    if !wanted {
        return std::future::pending().await;
    }
    let (ended, end) = oneshot::channel();
    // A thread, because tokio's standard input would keep the runtime from shutting down.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        ended.send(())
    });
    let _ = end.await;
}

async fn listen(host: &str, port: u16) -> Result<TcpListener, Failure> {
    let bound = TcpListener::bind((host, port)).await;
    bound.map_err(|error| Failure::System(format!("cannot listen on {host} port {port}: {error}")))
}

async fn any_port(host: &str) -> Result<(TcpListener, u16), Failure> {
    let listener = listen(host, 0).await?;
    let port = listener.local_addr().map_err(|error| Failure::System(error.to_string()))?.port();
    Ok((listener, port))
}

/// The address as a client on this machine can use it.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The command has no standard input if the server waits for the end of it.
fn start(
    command: args::Command,
    variables: Vec<(&str, String)>,
    without_stdin: bool,
) -> Result<Child, Failure> {
    let name = command.program.to_string_lossy().into_owned();
    let stdin = if without_stdin { Stdio::null() } else { Stdio::inherit() };
    let spawned = Command::new(command.program)
        .args(command.args)
        .envs(variables)
        .stdin(stdin)
        .kill_on_drop(true)
        .spawn();
    spawned.map_err(|error| Failure::System(format!("cannot run {name}: {error}")))
}

fn forward_signal(child: &Child, signal: Signal) {
    let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    if let Some(pid) = pid {
        // The command may have just exited.
        let _ = kill_process(pid, signal);
    }
}

/// The exit code as a shell reports it: 128 plus the signal.
fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
