//! The initial integrations and connections, built in or read from a file.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::App;
use crate::catalogue;
use crate::clock::{millis_z, parse_date, plus_seconds};
use crate::provider::Behaviour;
use crate::refresh::new_log_id;
use crate::store::{Connection, EndUser, Integration, Key, Object, Provider, RefreshState, jsonb};

const BUILT_IN: &str = include_str!("seed.json");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// In addition to the built-in catalogue.
    #[serde(default)]
    providers: Vec<SeedProvider>,
    #[serde(default)]
    integrations: Vec<SeedIntegration>,
    #[serde(default)]
    connections: Vec<SeedConnection>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedProvider {
    name: String,
    auth_mode: String,
    display_name: Option<String>,
    #[serde(default)]
    webhooks: bool,
    #[serde(default)]
    refuses: Vec<String>,
}

impl SeedProvider {
    fn make(self) -> Provider {
        let display_name = self.display_name.unwrap_or_else(|| self.name.clone());
        Provider {
            name: self.name,
            display_name,
            auth_mode: self.auth_mode,
            webhooks: self.webhooks,
            refuses: self.refuses,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedIntegration {
    unique_key: String,
    provider: String,
    /// Required for a provider that is not in the built-in catalogue.
    auth_mode: Option<String>,
    display_name: Option<String>,
    credentials: Option<Object>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedConnection {
    integration: String,
    connection_id: String,
    #[serde(default)]
    credentials: Object,
    /// Seconds from the start, instead of `credentials.expires_at`. A negative value has already
    /// expired.
    expires_in: Option<i64>,
    #[serde(default)]
    tags: Object,
    end_user: Option<EndUser>,
    metadata: Option<Object>,
    #[serde(default)]
    connection_config: Object,
    webhook_url_override: Option<String>,
    created_at: Option<String>,
    #[serde(default)]
    refresh_exhausted: bool,
    last_refresh_failure: Option<String>,
    #[serde(default)]
    provider: Behaviour,
}

impl Seed {
    pub fn built_in() -> Result<Seed, String> {
        serde_json::from_str(BUILT_IN).map_err(|error| format!("the built-in seed: {error}"))
    }

    pub fn read(path: &Path) -> Result<Seed, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Adds everything to the server.
    pub fn load_into(self, app: &App) -> Result<(), String> {
        let now = app.clock.now();
        {
            let mut store = app.store();
            store.providers = catalogue::providers();
            for provider in self.providers {
                store.providers.retain(|known| known.name != provider.name);
                store.providers.push(provider.make());
            }
            for seed in self.integrations {
                let unique_key = seed.unique_key;
                if store.provider(&seed.provider).is_none() {
                    let auth_mode = seed.auth_mode.ok_or_else(|| {
                        format!(
                            "integration {unique_key:?}: provider {:?} needs an auth_mode",
                            seed.provider
                        )
                    })?;
                    let provider = SeedProvider {
                        name: seed.provider.clone(),
                        auth_mode,
                        display_name: None,
                        webhooks: false,
                        refuses: Vec::new(),
                    };
                    store.providers.push(provider.make());
                }
                let provider = store.provider(&seed.provider);
                let display_name = provider.map(|provider| provider.display_name.clone());
                store.integrations.push(Integration {
                    unique_key,
                    display_name: seed.display_name.or(display_name).unwrap_or_default(),
                    provider: seed.provider,
                    forward_webhooks: true,
                    credentials: seed.credentials,
                    created_at: now,
                    updated_at: now,
                });
            }
        }
        // Lists show the newest first: inserting in reverse gives the order of the file.
        for seed in self.connections.into_iter().rev() {
            let behaviour = seed.provider.clone();
            let connection = seed.make(app)?;
            app.provider.add_connection(&connection, Some(behaviour));
            app.store().connections.insert(connection.key.clone(), connection);
        }
        Ok(())
    }
}

impl SeedConnection {
    fn make(self, app: &App) -> Result<Connection, String> {
        let now = app.clock.now();
        let name = format!("connection {:?} of {:?}", self.connection_id, self.integration);
        let date =
            |text: &String| parse_date(text).ok_or_else(|| format!("{name}: not a date: {text:?}"));
        let mut store = app.store();
        let integration = store.integration(&self.integration);
        let provider = integration.map(|integration| integration.provider.clone());
        let provider = provider.ok_or_else(|| format!("{name}: no such integration"))?;
        let mut credentials = self.credentials;
        if let Some(seconds) = self.expires_in {
            credentials.insert("expires_at".into(), millis_z(plus_seconds(now, seconds)).into());
        }
        match credentials.get("expires_at") {
            None => {}
            Some(Value::String(text)) => drop(date(text)?),
            Some(other) => return Err(format!("{name}: not a date: {other}")),
        }
        if !credentials.is_empty() && !credentials.get("type").is_some_and(Value::is_string) {
            return Err(format!("{name}: credentials need a type"));
        }
        let last_failure = self.last_refresh_failure.as_ref().map(date).transpose()?;
        let failing = self.refresh_exhausted || last_failure.is_some();
        let refresh = RefreshState {
            last_failure,
            attempts: if self.refresh_exhausted { 4 } else { last_failure.is_some().into() },
            exhausted: self.refresh_exhausted,
            log_id: failing.then(|| new_log_id(now)),
        };
        let mut tags = self.end_user.as_ref().map(EndUser::as_tags).unwrap_or_default();
        tags.extend(self.tags);
        let created_at = self.created_at.as_ref().map(date).transpose()?.unwrap_or(now);
        Ok(Connection {
            id: store.next_id(),
            key: Key::new(self.integration, self.connection_id),
            provider,
            end_user: self.end_user,
            tags: jsonb(&tags),
            metadata: self.metadata.as_ref().map(jsonb),
            connection_config: jsonb(&self.connection_config),
            webhook_url_override: self.webhook_url_override,
            created_at,
            updated_at: created_at,
            last_fetched_at: None,
            credentials,
            refresh,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readmes_example_is_a_seed() {
        let readme = include_str!("../README.md");
        let example =
            readme.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let seed: Seed = serde_json::from_str(example).unwrap();
        let app = App::new(
            "http://localhost".to_owned(),
            3600,
            900,
            None,
            crate::vectors::Vectors::default(),
        );
        seed.load_into(&app).unwrap();
        let store = app.store();
        assert_eq!((store.integrations.len(), store.connections.len()), (2, 1));
    }
}
