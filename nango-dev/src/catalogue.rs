//! A few entries of Nango's provider catalogue, with at least one for each auth mode.

use crate::store::Provider;

const PROVIDERS: &[(&str, &str, &str)] = &[
    ("aws-sigv4", "AWS (SigV4)", "AWS_SIGV4"),
    ("bill", "Bill", "BILL"),
    ("emarsys", "Emarsys", "SIGNATURE"),
    ("ghost-admin", "Ghost (Admin API)", "JWT"),
    ("github", "GitHub (User OAuth)", "OAUTH2"),
    ("github-app", "GitHub (App)", "APP"),
    ("google", "Google", "OAUTH2"),
    ("hubspot", "HubSpot", "OAUTH2"),
    ("microsoft-admin", "Microsoft (Admin)", "OAUTH2"),
    ("netsuite-tba", "NetSuite (TBA)", "TBA"),
    ("okta-cc", "Okta (Client Credentials)", "OAUTH2_CC"),
    ("perimeter81", "Perimeter81", "TWO_STEP"),
    ("private-api-basic", "Private API (Basic)", "BASIC"),
    ("salesforce", "Salesforce", "OAUTH2"),
    ("slack", "Slack", "OAUTH2"),
    ("stripe-api-key", "Stripe (API Key)", "API_KEY"),
    ("trello", "Trello", "OAUTH1"),
    ("unauthenticated", "Unauthenticated", "NONE"),
];

/// Providers that send webhooks.
const WITH_WEBHOOKS: &[&str] = &["github-app", "hubspot", "salesforce", "slack"];

pub fn providers() -> Vec<Provider> {
    let entry = |&(name, display_name, auth_mode): &(&str, &str, &str)| Provider {
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        auth_mode: auth_mode.to_owned(),
        webhooks: WITH_WEBHOOKS.contains(&name),
        refuses: Vec::new(),
    };
    PROVIDERS.iter().map(entry).collect()
}
