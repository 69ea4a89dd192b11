//! The command line: what a command receives, how its exit status is passed on, and what is
//! refused.

use std::process::{Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::support::binary;

const PATIENCE: Duration = Duration::from_secs(20);

fn nango_dev(args: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(args)
        .env_remove("NANGO_DEV_DEPTH")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn run(mut command: Command) -> Output {
    tokio::time::timeout(PATIENCE, command.output()).await.expect("it ends in time").unwrap()
}

async fn ends_with(args: &[&str], status: i32) -> String {
    let output = run(nango_dev(args)).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{args:?}: {said}");
    said
}

#[tokio::test]
async fn it_ends_as_its_command_ends() {
    ends_with(&["--", "true"], 0).await;
    ends_with(&["--", "sh", "-c", "exit 7"], 7).await;
    // The dashes are optional if the command's own options come after it.
    ends_with(&["sh", "-c", "exit 8"], 8).await;
    ends_with(&["--", "sh", "-c", "kill -TERM $$"], 128 + 15).await;
    let said = ends_with(&["--", "/no/such/program"], 1).await;
    assert!(said.contains("cannot run /no/such/program"), "{said}");
}

#[tokio::test]
async fn a_command_finds_the_server_in_its_environment() {
    let script = "echo $NANGO_HOST; echo $NANGO_SECRET_KEY; echo $NANGO_DEV_PROVIDER_URL; \
                  echo $NANGO_DEV_VECTORS_URL; echo $NANGO_DEV_KEY_READ; \
                  echo $NANGO_DEV_KEY_NONE; echo $NANGO_DEV_TLS_HOST; \
                  head -n 1 $NANGO_DEV_CA_FILE; echo $NANGO_DEV_DEPTH";
    let output = run(nango_dev(&["--tls-port", "0", "--", "sh", "-c", script])).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let [host, key, provider, vectors, read, none, tls, authority, depth] = lines[..] else {
        panic!("{text}")
    };
    assert!(host.starts_with("http://127.0.0.1:"), "{host}");
    assert_eq!(provider, format!("{host}/provider/me"));
    assert_eq!(vectors, format!("{host}/_vectors"));
    assert!([key, read, none].iter().all(|key| key.len() == 36));
    assert!(tls.starts_with("https://localhost:"), "{tls}");
    assert_eq!(authority, "-----BEGIN CERTIFICATE-----");
    assert_eq!(depth, "1");
}

#[tokio::test]
async fn it_prints_what_a_command_would_get() {
    let output = run(nango_dev(&["--print-env", "--", "true"])).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("NANGO_HOST=http://127.0.0.1:"), "{text}");
    assert!(text.contains("\nNANGO_SECRET_KEY="), "{text}");
    assert!(text.ends_with("\nNANGO_DEV_READY=1\n"), "{text}");
    assert!(!text.contains("NANGO_DEV_DEPTH"), "{text}");
}

#[tokio::test]
async fn signals_end_it_and_reach_its_command() {
    let mut child = nango_dev(&[]).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = tokio::time::timeout(PATIENCE, said.next_line()).await.unwrap().unwrap().unwrap();
    assert!(line.contains("listening on http://127.0.0.1:"), "{line}");
    terminate(&child);
    let status = tokio::time::timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(0));

    let mut child = nango_dev(&[
        "--",
        "sh",
        "-c",
        "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done",
    ])
    .spawn()
    .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = tokio::time::timeout(PATIENCE, said.next_line()).await.unwrap().unwrap().unwrap();
    assert_eq!(line, "ready");
    terminate(&child);
    let status = tokio::time::timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(5));
}

#[tokio::test]
async fn the_end_of_standard_input_stops_it_and_its_command() {
    for (command, status) in [(&[][..], 0), (&["--", "sleep", "60"], 128 + 15)] {
        let args = [&["--print-env", "--exit-with-stdin"], command].concat();
        let mut command = nango_dev(&args);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        while said.next_line().await.unwrap().expect("a ready line") != "NANGO_DEV_READY=1" {}
        drop(child.stdin.take());
        let ended = tokio::time::timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
        assert_eq!(ended.code(), Some(status));
    }
}

fn terminate(child: &tokio::process::Child) {
    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    for args in [
        &["--nope"][..],
        &["--port", "x"],
        &["--port", "70000"],
        &["--token-ttl", "-1"],
        &["--rate-limit", ""],
        &["--print-env=1"],
        &["--connections"],
    ] {
        let said = ends_with(args, 2).await;
        assert!(said.starts_with("nango-dev: ") && said.contains("(try --help)"), "{said}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = ends_with(&["--port", &port, "--", "true"], 1).await;
    assert!(said.contains("cannot listen on"), "{said}");
    let said = ends_with(&["--host", "no.such.host.invalid", "--", "true"], 1).await;
    assert!(said.contains("cannot listen on"), "{said}");
    let said = ends_with(&["--vectors", "/no/such/directory", "--", "true"], 2).await;
    assert!(said.contains("/no/such/directory"), "{said}");
}

#[tokio::test]
async fn a_seed_that_makes_no_sense_is_refused() {
    let said = ends_with(&["--connections", "/no/such/file", "--", "true"], 2).await;
    assert!(said.contains("/no/such/file"), "{said}");
    let github = r#""integrations": [{"unique_key": "g", "provider": "github"}]"#;
    for (seed, reason) in [
        ("{", "EOF"),
        (r#"{"connection": []}"#, "unknown field"),
        (r#"{"integrations": [{"unique_key": "x", "provider": "nobody"}]}"#, "needs an auth_mode"),
        (r#"{"connections": [{"integration": "x", "connection_id": "y"}]}"#, "no such integration"),
        (
            &format!(
                r#"{{{github}, "connections": [{{"integration": "g", "connection_id": "y", "credentials": {{"a": 1}}}}]}}"#
            ),
            "need a type",
        ),
        (
            &format!(
                r#"{{{github}, "connections": [{{"integration": "g", "connection_id": "y", "created_at": "soon"}}]}}"#
            ),
            "not a date",
        ),
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), seed).unwrap();
        let said =
            ends_with(&["--connections", file.path().to_str().unwrap(), "--", "true"], 2).await;
        assert!(said.contains(reason), "{seed}: {said}");
    }
}

#[tokio::test]
async fn it_tells_about_itself() {
    let output = run(nango_dev(&["--help"])).await;
    assert!(String::from_utf8(output.stdout).unwrap().contains("--connections FILE"));
    let output = run(nango_dev(&["--version"])).await;
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!("nango-dev {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[tokio::test]
async fn it_does_not_start_itself_for_ever() {
    let own = binary();
    let own = own.to_str().unwrap();
    // Nesting is useful, for example for a test suite that runs under one and starts its own.
    ends_with(&["--", own, "--", "true"], 0).await;
    let said = ends_with(&["--", own, "--", own, "--", "true"], 2).await;
    assert!(said.contains("NANGO_DEV_DEPTH=2"), "{said}");
}
