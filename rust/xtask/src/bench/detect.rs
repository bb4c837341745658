//! `cargo xtask bench detect`: how often the detector is right on the recorded screens, and on what it is wrong.

use crate::Outcome;
use crate::screens::{self, Judged};
use serde_json::json;
use std::collections::BTreeMap;

/// The least share of screens that are right by the screen alone, and with the session file; in percent.
const LEAST: (f64, f64) = (97.0, 99.0);

/// Wrong ones that are named.
const NAMED: usize = 30;

/// Prints the tables; false when too many screens are read wrong.
pub fn run(as_json: bool) -> Outcome {
    let judged = screens::judge(&screens::program()?, &screens::folder(), &screens::recorded()?)?;
    let tables = [
        ("by state", screens::shares(&judged, |one| one.state.status.clone())),
        ("by size", screens::shares(&judged, |one| one.size.clone())),
        ("by version", screens::shares(&judged, |one| one.state.version.clone())),
    ];
    let all = tables[0].1.get("all").copied().unwrap_or_default();
    if as_json {
        println!("{}", as_value(&judged, &tables));
    } else {
        tables.iter().for_each(|(title, shares)| println!("{}", screens::table(title, shares)));
        println!("{}", screens::confusion(&judged));
        let is_wrong = |one: &&Judged| one.screen.status != one.state.status || one.fused.status != one.state.status;
        for one in judged.iter().filter(is_wrong).take(NAMED) {
            let (name, size, right) = (&one.state.name, &one.size, &one.state.status);
            let (screen, fused) = (&one.screen, &one.fused);
            println!(
                "{name}-{size}: {right}; the screen says {} (`{}`), with the session file {} (`{}`)",
                screen.status, screen.rule, fused.status, fused.rule
            );
        }
    }
    Ok(all.percent(all.screen) >= LEAST.0 && all.percent(all.fused) >= LEAST.1)
}

fn as_value(judged: &[Judged], tables: &[(&str, BTreeMap<String, screens::Share>)]) -> serde_json::Value {
    let table = |shares: &BTreeMap<String, screens::Share>| {
        let row = |(name, share): (&String, &screens::Share)| {
            (name.clone(), json!({"screens": share.all, "screen": share.screen, "with_session_file": share.fused}))
        };
        shares.iter().map(row).collect::<serde_json::Map<_, _>>()
    };
    let mut value: serde_json::Map<String, serde_json::Value> =
        tables.iter().map(|(title, shares)| (title.replace(' ', "_"), table(shares).into())).collect();
    let wrong = judged.iter().filter(|one| one.screen.status != one.state.status).map(|one| {
        json!({"screen": format!("{}-{}", one.state.name, one.size), "is": one.state.status,
            "said": one.screen.status, "rule": one.screen.rule})
    });
    value.insert("wrong".into(), wrong.collect());
    value.into()
}
