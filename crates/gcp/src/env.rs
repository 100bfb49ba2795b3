//! Configuration from environment variables: typed, and all mistakes told at once.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

/// Reads variables and remembers what was wrong with each.
pub struct Env {
    variables: BTreeMap<String, String>,
    errors: Vec<String>,
}

/// What is wrong with the environment, one line a variable.
#[derive(Debug, thiserror::Error)]
#[error("the environment is not usable:\n{}", .0.join("\n"))]
pub struct InvalidEnvironment(Vec<String>);

impl Env {
    /// Reads a whole configuration from the process's environment.
    ///
    /// # Errors
    ///
    /// Every variable that is missing or malformed, each by name.
    pub fn read<C>(config: impl FnOnce(&mut Self) -> Option<C>) -> Result<C, InvalidEnvironment> {
        // A variable that is not UTF-8 is none of ours.
        let utf8 = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self::read_from(std::env::vars_os().filter_map(utf8).collect(), config)
    }

    /// Reads a whole configuration from the given variables.
    ///
    /// # Errors
    ///
    /// Every variable that is missing or malformed, each by name.
    pub fn read_from<C>(
        variables: BTreeMap<String, String>,
        config: impl FnOnce(&mut Self) -> Option<C>,
    ) -> Result<C, InvalidEnvironment> {
        let mut env = Self {
            variables,
            errors: Vec::new(),
        };
        match config(&mut env) {
            Some(config) if env.errors.is_empty() => Ok(config),
            _ => Err(InvalidEnvironment(env.errors)),
        }
    }

    /// The value of a variable that must be set.
    pub fn required<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let value = self.optional(name);
        if value.is_none() && !self.is_set(name) {
            self.errors.push(format!("  {name} is not set"));
        }
        value
    }

    /// The value of a variable that may be unset or empty.
    pub fn optional<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.variables.get(name).filter(|text| !text.is_empty())?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.errors.push(format!("  {name}: {error}"));
                None
            }
        }
    }

    fn is_set(&self, name: &str) -> bool {
        self.variables
            .get(name)
            .is_some_and(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<(u16, String, Option<u32>), InvalidEnvironment> {
        let variables = variables
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Env::read_from(variables.collect(), |env| {
            let (port, bucket) = (env.required("PORT"), env.required("BUCKET"));
            let limit = env.optional("LIMIT");
            Some((port?, bucket?, limit))
        })
    }

    #[test]
    fn variables_are_parsed() {
        let config = read(&[("PORT", "80"), ("BUCKET", "b"), ("LIMIT", "")]).unwrap();
        assert_eq!(config, (80, "b".to_owned(), None));
    }

    #[test]
    fn every_mistake_is_told_by_name() {
        let error = read(&[("PORT", "http"), ("LIMIT", "-1")])
            .unwrap_err()
            .to_string();
        for part in [
            "PORT: invalid digit",
            "BUCKET is not set",
            "LIMIT: invalid digit",
        ] {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_malformed_optional_variable_is_no_default() {
        assert!(read(&[("PORT", "80"), ("BUCKET", "b"), ("LIMIT", "many")]).is_err());
    }
}
