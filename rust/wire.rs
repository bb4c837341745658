//! MessagePack values to types and back, by field name.
//!
//! `rmpv::ext` is positional (a struct becomes an array, an enum an index), so `rmp-serde` does the work.

use crate::error::{Code, Error, Result};
use rmpv::Value;
use serde::{Serialize, de::DeserializeOwned};

/// A value as MessagePack, structs as maps.
pub fn to_value<T: Serialize>(thing: &T) -> Result<Value> {
    let bytes = rmp_serde::to_vec_named(thing).map_err(Error::internal)?;
    rmpv::decode::read_value(&mut bytes.as_slice()).map_err(Error::internal)
}

/// A typed value; what does not fit is the sender's fault and is told so.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, value).map_err(Error::internal)?;
    rmp_serde::from_slice(&bytes)
        .map_err(|error| Error::new(Code::BadInput, format!("cannot read the request: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Request, TaskNew};

    #[test]
    fn an_empty_lua_table_is_empty_parameters() {
        let value = Value::Map(vec![
            (Value::from("params"), Value::Array(vec![])),
            (Value::from("method"), Value::from("task_list")),
        ]);
        assert!(matches!(from_value::<Request>(&value).unwrap(), Request::TaskList(_)));
    }

    #[test]
    fn fields_travel_by_name_and_unknown_ones_are_refused() {
        let request = Request::TaskNew(TaskNew { title: "x".into(), ..TaskNew::default() });
        let value = to_value(&request).unwrap();
        assert!(format!("{value}").contains("\"title\": \"x\""));
        assert!(matches!(from_value::<Request>(&value).unwrap(), Request::TaskNew(new) if new.title == "x"));
        let odd = Value::Map(vec![
            (Value::from("method"), Value::from("task_new")),
            (Value::from("params"), Value::Map(vec![(Value::from("titel"), Value::from("x"))])),
        ]);
        assert!(from_value::<Request>(&odd).unwrap_err().message.contains("titel"));
    }
}
