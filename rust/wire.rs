//! MessagePack values to types and back, by field name.
//!
//! Types pass through JSON values: they are read and written as JSON elsewhere too, and each further format costs every
//! type another reader and writer in the program.

pub mod trace;

pub mod frame;

use crate::contract::Json;
use crate::error::{Code, Error, Result};
use rmpv::Value;
use serde::{Serialize, de::DeserializeOwned};

/// A value as MessagePack, structs as maps.
pub fn to_value<T: Serialize>(thing: &T) -> Result<Value> {
    serde_json::to_value(thing).map(packed).map_err(Error::internal)
}

/// Whether the daemon takes a message that holds this.
pub fn is_taken<T: Serialize>(thing: &T) -> bool {
    let mut bytes = Vec::new();
    let encoded = to_value(thing).is_ok_and(|value| rmpv::encode::write_value(&mut bytes, &value).is_ok());
    encoded && frame::is_taken(&bytes)
}

/// A typed value; what does not fit is the sender's fault and is told so.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T> {
    let refuse = |why: String| Error::new(Code::BadInput, format!("cannot read the request: {why}"));
    T::deserialize(unpacked(value).map_err(|why| refuse(why.to_owned()))?).map_err(|error| refuse(error.to_string()))
}

fn packed(json: Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(truth) => Value::Boolean(truth),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Value::from(number),
            (None, Some(number)) => Value::from(number),
            (None, None) => number.as_f64().map_or(Value::Nil, Value::F64),
        },
        Json::String(text) => Value::from(text),
        Json::Array(items) => Value::Array(items.into_iter().map(packed).collect()),
        Json::Object(fields) => {
            Value::Map(fields.into_iter().map(|(name, value)| (Value::from(name), packed(value))).collect())
        }
    }
}

fn unpacked(value: &Value) -> std::result::Result<Json, &'static str> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| "a text in it is not UTF-8");
    Ok(match value {
        Value::Nil => Json::Null,
        Value::Boolean(truth) => Json::Bool(*truth),
        Value::Integer(number) => match number.as_i64() {
            Some(number) => Json::from(number),
            None => Json::from(number.as_u64()),
        },
        Value::F32(number) => Json::from(*number),
        Value::F64(number) => Json::from(*number),
        Value::String(given) => Json::String(text(given.as_bytes())?),
        Value::Binary(bytes) => Json::String(text(bytes)?),
        Value::Array(items) => Json::Array(items.iter().map(unpacked).collect::<std::result::Result<_, _>>()?),
        Value::Map(fields) => {
            let mut object = serde_json::Map::new();
            for (name, value) in fields {
                let name = name.as_str().ok_or("a name in it is not a text")?;
                if object.insert(name.to_owned(), unpacked(value)?).is_some() {
                    return Err("it has a field twice");
                }
            }
            Json::Object(object)
        }
        Value::Ext(..) => return Err("it has a value of a foreign type"),
    })
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

    #[test]
    fn every_kind_of_value_travels_both_ways() {
        let json = serde_json::json!({"a": [null, true, -3, u64::MAX, 0.5, "é"], "b": {}});
        assert_eq!(from_value::<Json>(&to_value(&json).unwrap()).unwrap(), json);
    }

    #[test]
    fn what_is_no_text_or_comes_twice_is_refused() {
        let field = |name: &str| (Value::from(name), Value::Nil);
        let odd = [
            Value::Map(vec![field("a"), field("a")]),
            Value::Map(vec![(Value::from(1), Value::Nil)]),
            Value::Binary(vec![0xff]),
            Value::Ext(1, vec![]),
        ];
        assert!(odd.iter().all(|value| from_value::<Json>(value).is_err_and(|error| error.code == Code::BadInput)));
    }
}
