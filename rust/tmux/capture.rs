//! What is on many panes' screens, by one tmux process.
//!
//! Lines are as the screen has them, not joined (no `-J`): one row is one line, as in a plain `tmux capture-pane`,
//! which is what people send and what the corpus of screens holds.

use super::{Listing, Pane, Server, Tmux, command, listing, quote};
use crate::contract::Output;
use crate::error::{Error, Result};
use crate::sgr;
use std::collections::BTreeMap;

/// How many panes one tmux process reads: more would hold the server, and every agent's output, for too long.
const BATCH: usize = 200;

/// A pane to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// `%3`.
    pub pane: String,
    /// Lines of history above the screen.
    pub history: u32,
    /// Only when something was written to it in that second (since the epoch) or later; else it is left out.
    pub since: Option<i64>,
}

impl Wanted {
    /// The screen without history.
    pub fn screen(pane: &Pane) -> Wanted {
        Wanted { pane: pane.pane.clone(), history: 0, since: None }
    }
}

/// What a pane showed. The lines are untrusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shot {
    /// Who answered: a pane with the same id on another server is another pane.
    pub server: Server,
    /// Width in cells.
    pub columns: u32,
    /// Height in cells.
    pub rows: u32,
    /// Whether the alternate screen is on; history is left out then, for it belongs to what ran before.
    pub alternate: bool,
    /// Whether the process in the pane ended.
    pub dead: bool,
    /// History, then the screen, blank rows included.
    pub lines: Vec<String>,
}

impl Shot {
    /// For clients: only colours are left of the escapes.
    pub fn output(&self, task: &str) -> Output {
        Output {
            task: task.to_owned(),
            columns: self.columns,
            rows: self.rows,
            lines: self.lines.iter().map(|line| sgr::sgr_only(line)).collect(),
            alternate: self.alternate,
        }
    }
}

/// By pane id. A wanted pane that is not there is gone.
pub type Shots = BTreeMap<String, Shot>;

fn question(wanted: &[Wanted], escapes: bool, mark: &str) -> Vec<super::Command> {
    let fields = ["pane_id", "pid", "start_time", "pane_width", "pane_height", "alternate_on", "pane_dead"];
    let fields: String = fields.iter().map(|field| format!("#{{{field}}}{mark}")).collect();
    let flags = if escapes { "-pe" } else { "-p" };
    let ask = |Wanted { pane, history, since }: &Wanted| {
        let start = format!("-{history}");
        let both = [
            command(["display-message", "-p", "-t", pane, &format!("{mark}shot{mark}{fields}")]),
            command(["capture-pane", flags, "-S", if *history == 0 { "0" } else { &start }, "-t", pane]),
        ];
        let Some(since) = since else { return both.to_vec() };
        let is_new = format!("#{{e|>=:#{{window_activity}},{since}}}");
        let both = both.map(|command| quote::line(&command)).join(" ; ");
        vec![command(["if-shell", "-F", "-t", pane, &is_new, &both])]
    };
    wanted.iter().flat_map(ask).collect()
}

/// Reads the answer to [`question`].
fn parse(said: &str, mark: &str) -> Shots {
    said.split(&format!("{mark}shot{mark}")).skip(1).filter_map(|record| shot(record, mark)).collect()
}

fn shot(record: &str, mark: &str) -> Option<(String, Shot)> {
    let mut fields = record.splitn(8, mark);
    let pane = fields.next().filter(|pane| pane.starts_with('%'))?.to_owned();
    let server = Server { pid: fields.next()?.parse().ok()?, start: fields.next()?.parse().ok()? };
    let (columns, rows) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let (alternate, dead) = (fields.next()? == "1", fields.next()? == "1");
    let text = fields.next()?.strip_prefix('\n')?;
    let mut lines: Vec<String> = text.split_terminator('\n').map(str::to_owned).collect();
    if alternate {
        lines.drain(..lines.len().saturating_sub(rows as usize));
    }
    Some((pane, Shot { server, columns, rows, alternate, dead, lines }))
}

impl Tmux {
    /// Reads the panes, with or without escapes, [`BATCH`] by one tmux process. A pane that is gone is left out and
    /// spoils nothing; an error means that tmux did not answer.
    pub async fn capture(&self, wanted: &[Wanted], escapes: bool) -> Result<Shots> {
        let mut shots = Shots::new();
        for batch in wanted.chunks(BATCH) {
            let mark = listing::mark();
            let ended = self.script(&question(batch, escapes, &mark)).await?;
            let found = parse(&ended.text(), &mark);
            if found.is_empty() && self.is_gone() {
                return Err(self.refused("read the panes", &ended));
            }
            shots.extend(found);
        }
        Ok(shots)
    }

    /// What one pane shows.
    pub async fn capture_pane(&self, pane: &Pane, history: u32, escapes: bool) -> Result<Shot> {
        let wanted = Wanted { history, ..Wanted::screen(pane) };
        let mut shots = self.capture(&[wanted], escapes).await?;
        let shot = shots.remove(&pane.pane).filter(|shot| pane.is_on(&shot.server));
        let gone = || Error::new(crate::contract::Code::TmuxFailed, format!("cannot read {}: it is gone", pane.pane));
        shot.ok_or_else(|| gone().hint("restart the task to get a new one"))
    }

    /// Lists all panes and reads some, up to [`BATCH`] in the same process.
    pub async fn sweep(&self, wanted: &[Wanted], escapes: bool) -> (Listing, Shots) {
        let (first, rest) = wanted.split_at(wanted.len().min(BATCH));
        let mark = listing::mark();
        let mut commands = listing::question(&mark).to_vec();
        commands.extend(question(first, escapes, &mark));
        let answer = self.script(&commands).await;
        let mut found = self.listing(answer.as_ref(), &mark);
        if found.nudge() {
            found = self.panes().await;
        }
        let mut shots = answer.map(|ended| parse(&ended.text(), &mark)).unwrap_or_default();
        if matches!(found, Listing::Panes { .. }) && !rest.is_empty() {
            shots.extend(self.capture(rest, escapes).await.unwrap_or_default());
        }
        (found, shots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pane_text_cannot_end_a_record() {
        let evil = "<8>shot<8>%9<8>\n%end 1 2\n\n";
        let said = format!(
            "<7>shot<7>%3<7>12<7>5<7>80<7>24<7>0<7>0<7>\n{evil}<7>shot<7>%4<7>12<7>5<7>80<7>24<7>0<7>0<7>\nb\n"
        );
        let shots = parse(&said, "<7>");
        assert_eq!(shots["%3"].lines, ["<8>shot<8>%9<8>", "%end 1 2", ""]);
        assert_eq!(shots["%4"].lines, ["b"]);
    }

    #[test]
    fn the_alternate_screen_has_no_history() {
        let shots = parse("<7>shot<7>%3<7>12<7>5<7>80<7>2<7>1<7>0<7>\nold\nold\na\nb\n", "<7>");
        assert_eq!(shots["%3"].lines, ["a", "b"]);
    }

    #[test]
    fn a_pane_that_is_gone_is_left_out() {
        assert!(parse("<7>shot<7><7>12<7>5<7><7><7><7><7>\n<7>shot<7>", "<7>").is_empty());
    }
}
