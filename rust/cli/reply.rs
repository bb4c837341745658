//! Asking for something and printing the answer.

use crate::client::Client;
use crate::contract::Request;
use crate::error::Error;
use crate::wire;

/// Asks, and prints the reply as it is when JSON is wanted.
pub fn call<T: serde::de::DeserializeOwned>(client: &mut Client, request: &Request, json: bool) -> Result<T, Error> {
    let value = client.call_value(request)?;
    if json {
        let json: serde_json::Value = wire::from_value(&value)?;
        println!("{json}");
    }
    wire::from_value(&value)
}

/// A line each.
pub fn say(lines: &[String]) {
    lines.iter().for_each(|line| println!("{line}"));
}
