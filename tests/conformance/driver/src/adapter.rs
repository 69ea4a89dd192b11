//! The program that makes the calls in a language. It reads a request on each line of its standard
//! input, and writes an answer on a line of its standard output.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::vector::deep;

/// More than any vector takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

pub struct Adapter {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Adapter {
    pub fn start(program: &[String]) -> Result<Adapter, String> {
        let mut child = Command::new(&program[0])
            .args(&program[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", program[0]))?;
        let input = child.stdin.take();
        let output = child.stdout.take().expect("a pipe");
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Adapter { child, input, lines })
    }

    /// Sends a request and returns the answer. After an error, the adapter is not used again.
    pub fn ask(&mut self, request: &Value) -> Result<Value, String> {
        let input = self.input.as_mut().ok_or("the adapter has ended")?;
        let line = format!("{request}\n");
        if let Err(error) = input.write_all(line.as_bytes()).and_then(|()| input.flush()) {
            self.input = None;
            return Err(format!("the adapter reads nothing: {error}"));
        }
        let answer = match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => {
                deep(&line).map_err(|error| format!("the adapter wrote no JSON: {error}: {line}"))
            }
            Err(RecvTimeoutError::Timeout) => Err("the adapter hangs".to_owned()),
            Err(RecvTimeoutError::Disconnected) => Err("the adapter has ended".to_owned()),
        };
        if answer.is_err() {
            self.input = None;
        }
        answer
    }

    pub fn is_running(&self) -> bool {
        self.input.is_some()
    }

    /// Closes its input, and waits for its end. It must succeed: a sanitizer may have found
    /// something.
    pub fn end(mut self) -> Result<(), String> {
        self.input = None;
        match self.child.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("the adapter ended with {status}")),
            Err(error) => Err(format!("the adapter: {error}")),
        }
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        self.input = None;
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
