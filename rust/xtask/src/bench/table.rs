//! Figures as a table and as JSON. Pure.

use serde_json::json;

/// One figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What was measured, with its percentile: `plugin load, p50`.
    pub name: String,
    /// The figure.
    pub value: f64,
    /// `ms`, `MB`, `% cpu` (of one core).
    pub unit: &'static str,
    /// The most it may be, in the same unit.
    pub budget: Option<f64>,
    /// What it stands beside, and its figure in the same unit.
    pub baseline: Option<(String, f64)>,
}

impl Row {
    /// A figure without a budget is within it.
    pub fn is_within_budget(&self) -> bool {
        self.budget.is_none_or(|budget| self.value <= budget)
    }
}

/// Under what the figures were taken.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// Cores.
    pub cores: usize,
    /// Load over a minute, before the first figure.
    pub before: f64,
    /// And after the last.
    pub after: f64,
}

/// One line a row, the machine below.
pub fn text(rows: &[Row], machine: &Machine) -> String {
    let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or_default();
    let lines = rows.iter().map(|row| {
        let mark = if row.is_within_budget() { " " } else { "!" };
        let budget = row.budget.map(|budget| format!("≤ {}", figure(budget))).unwrap_or_default();
        let baseline = row.baseline.as_ref().map(|(name, value)| format!("{} {} ({name})", figure(*value), row.unit));
        let name = &row.name;
        format!(
            "{mark} {name:width$}  {:>9} {:5} {budget:>8}  {}",
            figure(row.value),
            row.unit,
            baseline.unwrap_or_default()
        )
        .trim_end()
        .to_owned()
    });
    let Machine { cores, before, after } = machine;
    let machine = format!("\n  {cores} cores, load {before:.1} before and {after:.1} after");
    lines.chain([machine]).collect::<Vec<_>>().join("\n")
}

/// `{rows, machine}`; a figure that never came is null.
pub fn json(rows: &[Row], machine: &Machine) -> String {
    let row = |row: &Row| {
        let baseline = row.baseline.as_ref().map(|(name, value)| json!({"name": name, "value": value}));
        json!({"name": row.name, "value": row.value, "unit": row.unit, "budget": row.budget, "baseline": baseline})
    };
    let machine = json!({"cores": machine.cores, "load_before": machine.before, "load_after": machine.after});
    json!({"rows": rows.iter().map(row).collect::<Vec<_>>(), "machine": machine}).to_string()
}

/// Three significant digits or so.
fn figure(value: f64) -> String {
    let digits = if value < 1.0 {
        3
    } else if value < 100.0 {
        2
    } else {
        0
    };
    format!("{value:.digits$}")
}

/// The value at that share (0 to 1) of the sorted samples; 0 for none.
pub fn percentile(samples: &mut [f64], share: f64) -> f64 {
    samples.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let index = ((samples.len().saturating_sub(1)) as f64 * share).round() as usize;
    samples.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: f64) -> Row {
        Row { name: "load".into(), value, unit: "ms", budget: Some(0.3), baseline: Some(("empty".into(), 0.1)) }
    }

    #[test]
    fn a_passed_budget_is_marked() {
        let machine = Machine { cores: 2, before: 1.0, after: 1.5 };
        let shown = text(&[row(0.25)], &machine);
        assert_eq!(shown.lines().next(), Some("  load      0.250 ms     ≤ 0.300  0.100 ms (empty)"));
        assert!(shown.ends_with("  2 cores, load 1.0 before and 1.5 after"));
        assert!(text(&[row(0.35)], &machine).starts_with('!'));
        assert!(json(&[row(0.25)], &machine).contains(r#""budget":0.3"#));
    }

    #[test]
    fn percentiles() {
        let mut samples = [3.0, 1.0, 2.0];
        assert!((percentile(&mut samples, 0.5) - 2.0).abs() < f64::EPSILON);
        assert!((percentile(&mut samples, 1.0) - 3.0).abs() < f64::EPSILON);
    }
}
