//! Reads a JSON object field by field and notes everything that is wrong with it, so that a caller
//! is told of all mistakes at once.

use darkroom_gcp::problem::FieldError;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// How many mistakes are told. A hostile body could hold a great many.
const MAX_ERRORS: usize = 100;

/// How much of a name that the caller chose is repeated.
const MAX_NAME: usize = 64;

/// The mistakes found so far.
#[derive(Debug, Default)]
pub(super) struct Errors(Vec<FieldError>);

impl Errors {
    pub(super) fn add(&mut self, field: impl Into<String>, detail: impl Into<String>) {
        if self.0.len() < MAX_ERRORS {
            self.0.push(FieldError {
                field: field.into(),
                detail: detail.into(),
            });
        }
    }

    /// The value, if nothing is wrong.
    pub(super) fn or<T>(self, value: Option<T>) -> Result<T, Vec<FieldError>> {
        value.filter(|_| self.0.is_empty()).ok_or(self.0)
    }
}

/// A JSON object being read.
pub(super) struct Fields<'a> {
    path: &'a str,
    object: Map<String, Value>,
    errors: &'a mut Errors,
}

/// What is right for a field: its type in words, and a test of its value that says what is allowed.
pub(super) struct Rule<T> {
    pub(super) kind: &'static str,
    pub(super) check: fn(&T) -> Result<(), String>,
}

impl<'a> Fields<'a> {
    /// Begins to read `value`; `path` is its place in the body.
    pub(super) fn of(value: Value, path: &'a str, errors: &'a mut Errors) -> Option<Self> {
        match value {
            Value::Object(object) => Some(Self {
                path,
                object,
                errors,
            }),
            _ => {
                errors.add(
                    if path.is_empty() { "body" } else { path },
                    "must be a JSON object",
                );
                None
            }
        }
    }

    /// A field that must be there.
    pub(super) fn required<T: DeserializeOwned>(&mut self, name: &str, rule: Rule<T>) -> Option<T> {
        let value = self.take(name);
        if value.is_none() {
            self.error(name, &format!("is missing; it must be {}", rule.kind));
        }
        self.checked(name, value?, rule)
    }

    /// A field that may be absent or null.
    pub(super) fn optional<T: DeserializeOwned>(&mut self, name: &str, rule: Rule<T>) -> Option<T> {
        let value = self.take(name)?;
        self.checked(name, value, rule)
    }

    /// Ends the reading: what was not asked for is not known.
    pub(super) fn end(self) {
        let Self {
            path,
            object,
            errors,
        } = self;
        for name in object.keys() {
            let name: String = name.chars().take(MAX_NAME).collect();
            errors.add(join(path, &name), "is not a known field");
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.object
            .shift_remove(name)
            .filter(|value| !value.is_null())
    }

    fn checked<T: DeserializeOwned>(
        &mut self,
        name: &str,
        value: Value,
        rule: Rule<T>,
    ) -> Option<T> {
        let checked = match serde_json::from_value(value) {
            Ok(value) => (rule.check)(&value).map(|()| value),
            Err(_) => Err(format!("must be {}", rule.kind)),
        };
        checked.map_err(|detail| self.error(name, &detail)).ok()
    }

    fn error(&mut self, name: &str, detail: &str) {
        self.errors.add(join(self.path, name), detail);
    }
}

/// The path of a field of the object at `path`.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
