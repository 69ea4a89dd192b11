use super::*;

const KEY: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

fn safe() -> Safe<'static> {
    Safe::new(KEY, ["m-1", "does-not-exist"], "nango1.example:3003")
}

fn shown(sentence: &str) -> String {
    let shown = safe().sentence(sentence, 1000);
    assert_eq!(safe().sentence(&shown, 1000), shown, "what is redacted stays as it is");
    shown
}

/// Messages of a real server, and of its components.
#[test]
fn messages_that_hold_no_secret_are_readable() {
    for message in [
        "The external API returned an error when trying to refresh the access token. Please try \
         again later.",
        "A recent refresh attempt failed. Backing off before retrying.",
        "Authentication failed. The provided secret key is not a UUID v4.",
        "Authentication failed. The request is missing the Authorization header.",
        "Connection with connection id m-1 and provider config key does-not-exist not found. \
         Please make sure the connection exists in the Nango dashboard",
        "Insufficient scope. Required one of: environment:connections:read or \
         environment:connections:read_credentials",
        "Importing an OAuth2 token requires the 'expires_at' parameter. If the token doesn't \
         expire pass in the 'no_expiration' parameter",
        "An error occurred. Please contact support with this unique id: \
         \"ea8a9cce-eba8-4dd8-89c9-6b028767e3b2\"",
        "Unrecognized key: \"foo\"",
        "Unrecognized keys: \"integrationId\", \"limit\", \"page\"",
        "Too small: expected string to have >=1 characters",
        "Too big: expected number to be <=2000",
        "Invalid option: expected one of \
         \"true\"|\"1\"|\"yes\"|\"on\"|\"y\"|\"enabled\"|\"false\"|\"0\"|\"no\"|\"off\"|\"n\"|\
         \"disabled\"",
        "Invalid input: expected number, received NaN",
        "Provider OAUTH2 does not support API_KEY auth",
        "Missing param 'api_key'.",
        "Missing param username for basic api authentication.",
        "connect ECONNREFUSED 127.0.0.1:1",
        "Request failed with status code 400",
        "Unknown endpoint 'GET /issues'",
        "Webhook URLs cannot point to Nango's domain (nango.dev).",
        "Token has been expired or revoked.",
        "Le jeton a été révoqué",
        "see http://nango1.example:3003 and https://docs.nango.dev",
    ] {
        assert_eq!(shown(message), message);
    }
}

#[test]
fn what_may_be_a_value_is_not_shown() {
    for (message, expected) in [
        ("", ""),
        ("{\"a\":\"b\"}", "[REDACTED]"),
        ("failed with '{\"a\": 1}' at last", "failed with '[REDACTED]"),
        ("the row [1, 2] is odd", "the row [REDACTED]"),
        ("a=b", "a [REDACTED]"),
        ("a1b2=b", "[REDACTED]"),
        ("x a1b2c3d4 y z9z9z9z9 q7q7q7q7 w", "x [REDACTED] y [REDACTED] w"),
        ("\"a1b2c3d4\", 'b2', (c3)", "\"[REDACTED]\", '[REDACTED]', ([REDACTED])"),
        ("hush-1 Hush1 hUSHhUSH 123456", "[REDACTED]"),
        ("see https://u:p@docs.nango.dev/a?b=c#d.", "see https://docs.nango.dev."),
        ("see https://a1b2c3.example/x", "see [REDACTED]"),
        ("GET /connection/m-1 and /connection/m-2", "GET /connection/m-1 and [REDACTED]"),
        ("strcprstskrzkrk sdfghjklz", "[REDACTED]"),
        ("http, codes hunter", "[REDACTED], codes [REDACTED]"),
        ("Wrong password. It was hunter.", "Wrong password. It was [REDACTED]."),
        ("a1b2`=b", "[REDACTED]`[REDACTED]"),
        ("\u{e000}\u{e001} is no mark", "[REDACTED] is no mark"),
    ] {
        assert_eq!(shown(message), expected, "{message:?}");
    }
    let long = "word ".repeat(1000);
    assert_eq!(safe().sentence(&long, 12), "word word…");
    assert_eq!(safe().sentence(&"x".repeat(1000), 12), "…");
}

/// Every place where a message is known to have carried a secret, with every kind of secret.
#[test]
fn no_secret_comes_through_a_sentence() {
    const PLACES: &[&str] = &[
        "%",
        "\"%\"",
        "(%)",
        "got %, sorry",
        "%%",
        "a/%/b",
        "a|%|b",
        "a,%;b",
        "id: %",
        "{ \"access_token\": \"%\" }",
        "said {\n\"refresh_token\" : \"%\"}",
        "Bearer %",
        "got Bearer % instead",
        "Authorization: Bearer %",
        "Authorization header was Basic %",
        "?access_token=%",
        "GET /cb?code=%&state=1",
        "https://x.example/cb?code=%",
        "https://%@x.example/",
        "https://joe:%@x.example/",
        "grant_type=refresh_token&refresh_token=%",
        "{:access_token=>\"%\"}",
        "access_token: \"%\"",
        ":token => \"%\"",
        "token '%' expired",
        "token % expired",
        "% is not a valid token",
        "Wrong password. It was %.",
        "pwd %",
        "pwd:%",
        "otp %",
        "your otp is %",
        "the code % was used",
        "code=%",
        "session_id %",
        "auth %",
        "name=token value=%",
        "name: password, value: %",
        "name password value %",
        "[\"token\",\"%\"]",
        "<token>%</token>",
        "Set-Cookie: sid=%",
        "Set-Cookie sid %",
        "key %",
        "API key \"%\" unknown",
        "apiKey:%",
        "token/%",
        "token|%",
        "token,%",
        "secret (%)",
        "client secret is %",
        "credentials % rejected",
        "x-api-key\t%",
        "hmac\n%",
        "jwt…%",
        "-H 'Authorization: %'",
        "pin-%",
    ];
    const SECRETS: &[&str] = &[
        "ya29.a0AfH6SMBx7Qp-_k",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "sk_live_51H8x9s",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP",
        "AKIAIOSFODNN7EXAMPLE",
        "hunter2",
        "Zm9vOmJhcg==",
        "QWxhZGRpbjpvcGVuc2VzYW1l",
        "Tr0ub4dor&3",
        "493027",
        "hush-1",
        "p4ss w0rd1",
        "JBSWYDPEHPKPXPAB",
        "d41d8cd98f00b204e9800998ecf8427e",
        "xoxb-17653672481-19874698323",
    ];
    /// Secrets in the form of a word or an id are recognized only by their place.
    const PLAIN: &[&str] = &["hunter", "correcthorse", "7c9e6679-7425-40de-944b-e07fc1f90ae7"];
    let mut tried = 0;
    for place in PLACES {
        let told = place.contains(['=', '{', '[', '<']) || names_a_secret(place);
        for secret in SECRETS.iter().chain(if told { PLAIN } else { &[] }) {
            let shown = shown(&place.replace('%', secret));
            assert!(!shown.contains(secret), "{place:?} shows {secret:?}: {shown:?}");
            tried += 1;
        }
    }
    assert!(tried > 900, "{tried} tried");
}

fn base64(text: &str, alphabet: &[u8; 64]) -> String {
    let bits: String = text.bytes().map(|byte| format!("{byte:08b}")).collect();
    let sextets = bits.as_bytes().chunks(6).map(|sextet| {
        let sextet = format!("{:0<6}", std::str::from_utf8(sextet).unwrap());
        char::from(alphabet[usize::from_str_radix(&sextet, 2).unwrap()])
    });
    sextets.collect()
}

#[test]
fn the_key_is_found_whatever_it_is_written_in() {
    let each = |form: &dyn Fn(u8) -> String| KEY.bytes().map(form).collect::<String>();
    // The second key has the characters in which the two base64 alphabets differ.
    for key in [KEY, "~~~???>>>~~~", "nango_sbx_v1_Ab9"] {
        let safe = Safe::new(key, [""; 2], "");
        for alphabet in [BASE64, BASE64URL] {
            for around in ["%", "Bearer %", "%:", "a%b", "ab%c", "abc%"] {
                let written = base64(&around.replace('%', key), alphabet);
                let left = safe.message(&written).replace(REDACTED, "");
                // The rest encodes the text around the key.
                assert!(left.len() <= 14 && left.len() < written.len() - key.len(), "{left}");
            }
        }
        assert_eq!(safe.message(&format!("a {key} b{key}c")), "a [REDACTED] b[REDACTED]c");
        assert_eq!(safe.message(&key[2..10]), REDACTED, "a part of it");
        assert_eq!(safe.message(&key[2..9]), &key[2..9], "not enough to be a part of it");
    }
    for written in [
        KEY.to_ascii_uppercase(),
        KEY.replace('-', ""),
        KEY.replace('-', " "),
        KEY.replace('-', ":"),
        each(&|byte| format!("{byte:02x}")),
        each(&|byte| format!("{byte:02X}")),
        each(&|byte| format!("{byte:02x} ")).trim_end().to_owned(),
        each(&|byte| format!("%{byte:02X}")),
        each(&|byte| format!("\\x{byte:02x}")),
        each(&|byte| format!("\\u00{byte:02x}")),
        each(&|byte| format!("&#{byte};")),
        each(&|byte| format!("&#x{byte:x};")),
        each(&|byte| format!("{} ", char::from(byte))).trim_end().to_owned(),
    ] {
        assert_eq!(safe().message(&written), REDACTED, "{written}");
        assert_eq!(shown(&written), REDACTED, "{written}");
    }
    let halves = format!("first {} then {}", &KEY[..18], &KEY[19..]);
    assert_eq!(safe().message(&halves), "first [REDACTED] then [REDACTED]");
    // Other text is kept, and so is everything if the key is too short to be one.
    let other = "11111111-2222-4333-8444-555555555555 and the secret key";
    assert_eq!(safe().message(other), other);
    assert_eq!(Safe::new("secret", [""; 2], "").message(other), other);
    assert_eq!(Safe::new("nango-secret-key", [""; 2], "").message(other), other);
    assert_eq!(safe().message("é0f8fad5bé%é&#\\u00\\x%4"), "é[REDACTED]é%é&#\\u00\\x%4");
}

#[test]
fn each_fact_has_its_form() {
    let safe = safe();
    for code in ["invalid_credentials", "unknown_provider_config", "c", "script_http_error"] {
        assert_eq!(safe.code(code), Some(code));
    }
    for code in [
        "",
        "A",
        "Invalid",
        "_x",
        "a b",
        "4711",
        "ghp_16c7e42f",
        "sk_live_51h",
        "0f8fad5b",
        "a\0",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        "xkcdqwrtzp",
        &"word_".repeat(20),
    ] {
        assert_eq!(safe.code(code), None, "{code}");
    }
    assert_eq!(Safe::new("hushhushhush", [""; 2], "").code("hushhush"), None);
    for value in ["0", "12", "1787300000", "Fri, 21 Aug 2026 10:00:00 GMT"] {
        assert!(safe.number_or_date(value), "{value}");
    }
    for value in ["", "soon", "-5", "1 2", "12345678901234", "hush-1", KEY, "12; token"] {
        assert!(!safe.number_or_date(value), "{value}");
    }
    assert!(!Safe::new("17873000", [""; 2], "").number_or_date("1787300000"));
    for (value, kind) in [
        ("text/html", Some("text/html")),
        ("text/html; charset=hush-1", Some("text/html")),
        ("application/vnd.api+json", Some("application/vnd.api+json")),
        ("application/x-www-form-urlencoded", Some("application/x-www-form-urlencoded")),
        ("text/hush-1", None),
        ("hush/html", None),
        ("text", None),
        ("", None),
        ("text/", None),
        ("text/0f8fad5b-d9cb-469f-a165-70867728950e", None),
        ("text/html/x", None),
    ] {
        assert_eq!(safe.media_type(value), kind, "{value}");
    }
    for (url, origin) in [
        ("https://docs.nango.dev/x?y=z", Some("https://docs.nango.dev")),
        ("http://joe:pw@localhost:8443/", Some("http://localhost:8443")),
        ("http://nango1.example:3003/", Some("http://nango1.example:3003")),
        ("https://10.0.0.1/", Some("https://10.0.0.1")),
        ("https://0f8fad5b-d9cb-469f-a165-70867728950e.example/", None),
        ("https://0f8fad5bd9cb469fa16570867728950e/", None),
        ("https://d9cb-469f-a165.x.example/", None),
        ("https://hush-1.example/", None),
        ("hush://example/", None),
        ("data:text/plain,hush", None),
        ("https://[0f8f:ad5b:d9cb:469f:a165:7086:7728:950e]/", None),
    ] {
        assert_eq!(safe.origin(&Url::parse(url).unwrap()).as_deref(), origin, "{url}");
    }
    assert!(safe.is_own_id("m-1") && !safe.is_own_id("m-2") && !safe.is_own_id(""));
    assert!(safe.uuid("3f2c0d6e-0000-4000-8000-000000000001") && !safe.uuid(KEY));
    assert_eq!(
        ["OAUTH2_CC", "AWS_SIGV4", "", "hush", "AKIA7X9"].map(credential_type),
        ["OAUTH2_CC", "AWS_SIGV4", "(none)", "(another)", "(another)"]
    );
}

#[test]
fn the_vocabulary_is_in_order_and_each_of_its_words_is_found() {
    let words: Vec<&str> = VOCABULARY.split(' ').collect();
    assert!(words.is_sorted() && words.len() > 500);
    assert!(words.iter().all(|word| in_vocabulary(word) && super::word(word)));
    let others = ["", " ", "hunter", "zzz", "aaa", "tok", "a able", "your "];
    assert!(others.iter().all(|word| !in_vocabulary(word)));
}
