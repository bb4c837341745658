//! How typed values stand in a column.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Result, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::value::{Error as WordError, StrDeserializer};

/// A unit variant by its serde name.
pub struct WordColumn<T>(pub T);

impl<T: Serialize> ToSql for WordColumn<T> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        match serde_json::to_value(&self.0) {
            Ok(serde_json::Value::String(word)) => Ok(word.into()),
            other => Err(rusqlite::Error::ToSqlConversionFailure(format!("no word: {other:?}").into())),
        }
    }
}

impl<T: DeserializeOwned> FromSql for WordColumn<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let word = StrDeserializer::<WordError>::new(value.as_str()?);
        T::deserialize(word).map(WordColumn).map_err(FromSqlError::other)
    }
}

/// Anything else, as JSON.
pub struct JsonColumn<T>(pub T);

impl<T: Serialize> ToSql for JsonColumn<T> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        let text = serde_json::to_string(&self.0);
        text.map(ToSqlOutput::from).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
    }
}

impl<T: DeserializeOwned> FromSql for JsonColumn<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(JsonColumn).map_err(FromSqlError::other)
    }
}

/// A row's cells from left to right, in the order of the SELECT.
pub struct Cells<'r, 's> {
    row: &'r Row<'s>,
    at: usize,
}

impl<'r, 's> Cells<'r, 's> {
    /// From the first cell on.
    pub fn of(row: &'r Row<'s>) -> Self {
        Cells { row, at: 0 }
    }

    /// The next cell.
    pub fn next<T: FromSql>(&mut self) -> Result<T> {
        self.at += 1;
        self.row.get(self.at - 1)
    }

    /// The next cell, a word.
    pub fn word<T: DeserializeOwned>(&mut self) -> Result<T> {
        self.next::<WordColumn<T>>().map(|word| word.0)
    }

    /// The next cell, JSON.
    pub fn json<T: DeserializeOwned>(&mut self) -> Result<T> {
        self.next::<JsonColumn<T>>().map(|json| json.0)
    }
}
