//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

pub const HELP: &str = "\
nango-dev: a local Nango server for demos and tests

USAGE
    nango-dev [OPTIONS]                       serve until SIGINT or SIGTERM
    nango-dev [OPTIONS] -- COMMAND [ARGS…]    serve while COMMAND runs, exit with its status

OPTIONS
    --host ADDRESS             the address to listen on [127.0.0.1]
    --port PORT                the port; 0 picks a free one [0]
    --tls-port PORT            also serve HTTPS, and free ports where TLS fails; 0 picks a free port
    --token-ttl SECONDS        how long a new access token lives [3600]
    --refresh-margin SECONDS   how early a token counts as expired [900]
    --connections FILE         the initial integrations and connections (JSON)
    --rate-limit N             requests per minute before 429 [unlimited]
    --vectors DIR              play the conformance vectors in DIR under /_vectors
    --print-env                print the variables that COMMAND would get, and when all of them
                               can be used, the line NANGO_DEV_READY=1
    --exit-with-stdin          stop when standard input ends, so that it outlives no test
    --help, --version

VARIABLES
    NANGO_HOST, NANGO_SECRET_KEY, NANGO_DEV_PROVIDER_URL, NANGO_DEV_VECTORS_URL,
    NANGO_DEV_KEY_READ, NANGO_DEV_KEY_NONE; with --tls-port also
    NANGO_DEV_TLS_HOST, NANGO_DEV_CA_FILE, NANGO_DEV_CLIENT_CERT_FILE, and
    NANGO_DEV_TLS_{EXPIRED,WRONG_NAME,UNKNOWN_CA,CLIENT_CERT,CUT_OFF,SILENT}_HOST
";

#[derive(Debug)]
pub struct Args {
    pub host: String,
    pub port: u16,
    pub tls_port: Option<u16>,
    pub token_ttl: i64,
    pub refresh_margin: i64,
    pub connections: Option<PathBuf>,
    pub rate_limit: Option<u64>,
    pub vectors: Option<PathBuf>,
    pub print_env: bool,
    pub exit_with_stdin: bool,
    pub command: Option<Command>,
}

#[derive(Debug)]
pub struct Command {
    pub program: OsString,
    pub args: Vec<OsString>,
}

#[derive(Debug)]
pub enum Parsed {
    Run(Box<Args>),
    Help,
    Version,
}

pub fn parse(args: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Parsed, lexopt::Error> {
    use lexopt::prelude::*;

    let mut parsed = Args {
        host: "127.0.0.1".to_owned(),
        port: 0,
        tls_port: None,
        token_ttl: 3600,
        refresh_margin: 900,
        connections: None,
        rate_limit: None,
        vectors: None,
        print_env: false,
        exit_with_stdin: false,
        command: None,
    };
    let mut parser = lexopt::Parser::from_iter(args);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("host") => parsed.host = parser.value()?.string()?,
            Long("port") => parsed.port = parser.value()?.parse()?,
            Long("tls-port") => parsed.tls_port = Some(parser.value()?.parse()?),
            Long("token-ttl") => parsed.token_ttl = seconds(&mut parser)?,
            Long("refresh-margin") => parsed.refresh_margin = seconds(&mut parser)?,
            Long("connections") => parsed.connections = Some(parser.value()?.into()),
            Long("rate-limit") => parsed.rate_limit = Some(parser.value()?.parse()?),
            Long("vectors") => parsed.vectors = Some(parser.value()?.into()),
            Long("print-env") => parsed.print_env = true,
            Long("exit-with-stdin") => parsed.exit_with_stdin = true,
            Long("help") | Short('h') => return Ok(Parsed::Help),
            Long("version") | Short('V') => return Ok(Parsed::Version),
            Value(program) => {
                let args = parser.raw_args()?.collect();
                parsed.command = Some(Command { program, args });
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(Parsed::Run(Box::new(parsed)))
}

/// A duration that cannot be negative and cannot overflow a date.
fn seconds(parser: &mut lexopt::Parser) -> Result<i64, lexopt::Error> {
    use lexopt::ValueExt;
    Ok(i64::from(parser.value()?.parse::<u32>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(args: &[&str]) -> Args {
        match parse(args) {
            Ok(Parsed::Run(args)) => *args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn its_own_name_is_not_the_command() {
        assert!(run(&["nango-dev"]).command.is_none());
        assert!(run(&["nango-dev", "--port", "0"]).command.is_none());
        assert!(run(&["/usr/bin/nango-dev", "--port=0", "--"]).command.is_none());
    }

    #[test]
    fn what_follows_the_command_is_its_own() {
        let args =
            run(&["nango-dev", "--token-ttl", "2", "--", "sh", "-c", "exit 3", "--port", "x"]);
        assert_eq!(args.token_ttl, 2);
        let command = args.command.unwrap();
        assert_eq!(command.program, "sh");
        assert_eq!(command.args, ["-c", "exit 3", "--port", "x"]);
    }

    #[test]
    fn nonsense_is_refused() {
        for args in [
            &["--nope"][..],
            &["--port"],
            &["--port", "65536"],
            &["--port", "x"],
            &["--token-ttl", "-1"],
            &["--rate-limit", "many"],
            &["-x"],
        ] {
            let args: Vec<&str> = ["nango-dev"].iter().chain(args).copied().collect();
            assert!(parse(&args).is_err(), "{args:?}");
        }
    }
}
